"""Class-based views, commands, files and streams."""

from __future__ import annotations

from .snippet import snippet

VIEWS = [
    snippet(
        "class-based views are views, and their decorators wrap views",
        """
        from flask import request
        from flask.views import MethodView


        def counted(view):
            def wrapper(**kwargs):
                return view(**kwargs)

            return wrapper


        class Notes(MethodView):
            decorators = [counted]

            def get(self):
                return []

            def post(self):
                return self.save(request.get_json())

            def save(self, note):
                return note
        """,
        """
        from quart import request
        from quart.views import MethodView


        def counted(view):
            async def wrapper(**kwargs):
                return await view(**kwargs)

            return wrapper


        class Notes(MethodView):
            decorators = [counted]

            async def get(self):
                return []

            async def post(self):
                return self.save(await request.get_json())

            def save(self, note):
                return note
        """,
    ),
    snippet(
        "commands stay sync, and go on in an application context",
        """
        import click
        from flask import Flask

        app = Flask(__name__)


        @app.cli.command("init")
        def init():
            print("ready")


        @click.command("drop")
        def drop():
            print("gone")


        app.cli.add_command(drop)
        """,
        """
        import click
        from quart import Quart
        from quart.cli import with_appcontext

        app = Quart(__name__)


        @app.cli.command("init", with_appcontext=True)
        def init():
            print("ready")


        @click.command("drop")
        @with_appcontext
        def drop():
            print("gone")


        app.cli.add_command(drop)
        """,
    ),
    snippet(
        "a file of the package is read as before",
        '''
        """The database."""

        from flask import current_app


        def schema():
            with current_app.open_resource("schema.sql") as file:
                return file.read()
        ''',
        '''
        """The database."""

        import os

        from quart import current_app


        def schema():
            with open(os.path.join(current_app.root_path, "schema.sql"), "rb") as file:
                return file.read()
        ''',
    ),
    snippet(
        "a streamed generator with a context is given as a function",
        """
        from flask import Flask, request, stream_with_context

        app = Flask(__name__)


        @app.post("/")
        def stream():
            def lines(end):
                for name in request.form:
                    yield name + end

            return app.response_class(stream_with_context(lines("!")))
        """,
        """
        from quart import Quart, request, stream_with_context

        app = Quart(__name__)


        @app.post("/")
        async def stream():
            async def lines(end):
                for name in await request.form:
                    yield name + end

            return app.response_class(stream_with_context(lines)("!"))
        """,
    ),
]
