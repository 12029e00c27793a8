"""Hooks of the application and of the login manager."""

from __future__ import annotations

from .snippet import snippet

HOOKS = [
    snippet(
        "hooks are async, whether decorated or registered, so that a request stays in one thread",
        """
        from flask import Flask, g

        app = Flask(__name__)


        @app.before_request
        def connect():
            g.db = object()


        def close(error=None):
            g.pop("db", None)


        def missing(error):
            return "none", 404


        app.teardown_appcontext(close)
        app.register_error_handler(404, missing)
        """,
        """
        from quart import Quart, g

        app = Quart(__name__)


        @app.before_request
        async def connect():
            g.db = object()


        async def close(error=None):
            g.pop("db", None)


        async def missing(error):
            return "none", 404


        app.teardown_appcontext(close)
        app.register_error_handler(404, missing)
        """,
    ),
    snippet(
        "the login manager's functions are async, and its answers are awaited",
        """
        from flask import Flask, flash, redirect
        from flask_login import LoginManager, current_user

        app = Flask(__name__)
        login_manager = LoginManager(app)


        @login_manager.user_loader
        def load_user(user_id):
            return None


        @login_manager.unauthorized_handler
        def refuse():
            flash("Log in first.")
            return redirect("/login")


        @app.before_request
        def closed():
            if not current_user.is_authenticated:
                return login_manager.unauthorized()
        """,
        """
        from quart import Quart, flash, redirect
        from compat import LoginManager, current_user

        app = Quart(__name__)
        login_manager = LoginManager(app)


        @login_manager.user_loader
        async def load_user(user_id):
            return None


        @login_manager.unauthorized_handler
        async def refuse():
            await flash("Log in first.")
            return redirect("/login")


        @app.before_request
        async def closed():
            if not current_user.is_authenticated:
                return await login_manager.unauthorized()
        """,
    ),
    snippet(
        "the login manager is known as the application's, too",
        """
        from flask import current_app


        @current_app.before_request
        def closed():
            return current_app.login_manager.unauthorized()
        """,
        """
        from quart import current_app


        @current_app.before_request
        async def closed():
            return await current_app.login_manager.unauthorized()
        """,
    ),
]
