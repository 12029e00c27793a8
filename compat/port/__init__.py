"""A porting assistant: ``python -m compat.port PATH`` moves a Flask-Login application to Quart and ``compat``.

Needs LibCST (``pip install "quart-flask-login[port]"``), which nothing else in ``compat`` does.
"""
