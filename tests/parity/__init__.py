"""Flask-Login 0.6.3 on Flask beside ``compat`` on Quart, driven by the same histories.

Read in this order: ``switches`` and ``pages`` (one application), ``applications`` (the application on both
frameworks), ``steps`` and ``play`` (a history and how it is played), ``observe`` (what is compared), ``oracle``
(Flask-Login itself, and each documented deviation from it by name).
"""
