"""The applications that are compared, as servers start them: ``benchmarks.applications.quart:application()``.

Both are configured as ``compat`` documents it for a time when a Flask application serves the same users:
``REMEMBER_COOKIE_ISSUE = "flask-login"``, as Flask-Login 0.6.3 cannot read Quart-Auth's timed tokens. That takes
nothing from the remember cookies' end on the server: they hold the handle of a login session, which ends there.
"""
