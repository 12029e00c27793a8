"""Functions that become async, and what calls them."""

from __future__ import annotations

from .snippet import snippet

FUNCTIONS = [
    snippet(
        "functions that await make their callers await",
        """
        from flask import Flask, render_template

        app = Flask(__name__)


        def page(name):
            return render_template(name)


        def numbered(name, number):
            return page(name) + str(number)


        def unrelated():
            return 1


        @app.route("/")
        def index():
            return numbered("x.html", unrelated())
        """,
        """
        from quart import Quart, render_template

        app = Quart(__name__)


        async def page(name):
            return await render_template(name)


        async def numbered(name, number):
            return await page(name) + str(number)


        def unrelated():
            return 1


        @app.route("/")
        async def index():
            return await numbered("x.html", unrelated())
        """,
    ),
    snippet(
        "methods are followed through objects and super()",
        """
        from flask import Flask, render_template

        app = Flask(__name__)


        class Page:
            def show(self):
                return render_template("x.html")


        class Bold(Page):
            def show(self):
                return "<b>" + super().show() + "</b>"


        bold = Bold()
        app.add_url_rule("/", "index", lambda: "")


        @app.get("/bold")
        def index():
            return bold.show()
        """,
        """
        from quart import Quart, render_template

        app = Quart(__name__)


        class Page:
            async def show(self):
                return await render_template("x.html")


        class Bold(Page):
            async def show(self):
                return "<b>" + await super().show() + "</b>"


        bold = Bold()
        app.add_url_rule("/", "index", lambda: "")


        @app.get("/bold")
        async def index():
            return await bold.show()
        """,
    ),
    snippet(
        "a decorator of the application awaits the view that it wraps",
        """
        from functools import wraps

        from flask import Blueprint, abort
        from flask_login import current_user, login_required

        bp = Blueprint("admin", __name__)


        def role_required(role):
            def decorator(view):
                @wraps(view)
                def wrapper(*args, **kwargs):
                    if current_user.role != role:
                        abort(403)
                    return view(*args, **kwargs)

                return wrapper

            return decorator


        admin_required = role_required("admin")


        @bp.route("/")
        @login_required
        @admin_required
        def index():
            return "secret"
        """,
        """
        from functools import wraps

        from quart import Blueprint, abort
        from compat import current_user, login_required

        bp = Blueprint("admin", __name__)


        def role_required(role):
            def decorator(view):
                @wraps(view)
                async def wrapper(*args, **kwargs):
                    if current_user.role != role:
                        abort(403)
                    return await view(*args, **kwargs)

                return wrapper

            return decorator


        admin_required = role_required("admin")


        @bp.route("/")
        @login_required
        @admin_required
        async def index():
            return "secret"
        """,
    ),
    snippet(
        "a decorator made for Flask's async views goes on",
        """
        from functools import wraps

        from flask import Flask, current_app

        app = Flask(__name__)


        def logged(view):
            @wraps(view)
            def wrapper(**kwargs):
                return current_app.ensure_sync(view)(**kwargs)

            return wrapper


        @app.route("/")
        @logged
        def index():
            return ""
        """,
        """
        from functools import wraps

        from quart import Quart, current_app

        app = Quart(__name__)


        def logged(view):
            @wraps(view)
            async def wrapper(**kwargs):
                return await current_app.ensure_async(view)(**kwargs)

            return wrapper


        @app.route("/")
        @logged
        async def index():
            return ""
        """,
    ),
    snippet(
        "what is kept on g is followed to where it is used",
        """
        from flask import Flask, g
        from flask_wtf import FlaskForm

        app = Flask(__name__)


        class SearchForm(FlaskForm):
            pass


        @app.before_request
        def search():
            g.form = SearchForm()


        @app.get("/")
        def index():
            return "" if g.form.validate() else "wrong"
        """,
        """
        from quart import Quart, g
        from compat.forms import FlaskForm

        app = Quart(__name__)


        class SearchForm(FlaskForm):
            pass


        @app.before_request
        async def search():
            g.form = await SearchForm.create_form()


        @app.get("/")
        async def index():
            return "" if await g.form.validate() else "wrong"
        """,
    ),
    snippet(
        "coroutines that are scheduled are not awaited",
        """
        import asyncio

        from flask import Flask, render_template

        app = Flask(__name__)


        @app.get("/")
        async def both():
            return "".join(await asyncio.gather(render_template("a"), render_template("b")))
        """,
        """
        import asyncio

        from quart import Quart, render_template

        app = Quart(__name__)


        @app.get("/")
        async def both():
            return "".join(await asyncio.gather(render_template("a"), render_template("b")))
        """,
    ),
]
