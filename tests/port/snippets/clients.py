"""Tests of an application, with its test client."""

from __future__ import annotations

from .snippet import snippet

CLIENTS = [
    snippet(
        "a test client is awaited, its forms are called so, and its contexts are async",
        """
        from flask import session
        import pytest

        from site_of_ours import app


        @pytest.fixture
        def client():
            app.config["TESTING"] = True
            with app.test_client() as client:
                yield client


        def log_in(client, name):
            return client.post("/login", data=dict(name=name), follow_redirects=True)


        def test_login(client):
            page = log_in(client, "susan")
            assert b"Hi" in page.data
            assert page.get_json() is None and page.json is None
            assert "Hi" in page.text
            with client.session_transaction() as stored:
                stored["x"] = 1
            with client:
                assert client.get("/", query_string={"a": 1}).status_code == 200
                assert session["x"] == 1


        def test_nothing():
            assert app.name
        """,
        """
        from quart import session
        import pytest

        from site_of_ours import app


        @pytest.fixture
        async def client():
            app.config["TESTING"] = True
            async with app.test_client() as client:
                yield client


        async def log_in(client, name):
            return await client.post("/login", form=dict(name=name), follow_redirects=True)


        async def test_login(client):
            page = await log_in(client, "susan")
            assert b"Hi" in await page.data
            assert await page.get_json() is None and await page.json is None
            assert "Hi" in await page.get_data(as_text=True)
            async with client.session_transaction() as stored:
                stored["x"] = 1
            async with client:
                assert (await client.get("/", query_string={"a": 1})).status_code == 200
                assert session["x"] == 1


        def test_nothing():
            assert app.name
        """,
    ),
    snippet(
        "a context needs a path, and stays inside what is around it",
        """
        import pytest
        from flask import Flask

        app = Flask(__name__)


        def test_contexts():
            with pytest.raises(ValueError), app.app_context(), app.test_request_context():
                raise ValueError
        """,
        """
        import pytest
        from quart import Quart

        app = Quart(__name__)


        async def test_contexts():
            with pytest.raises(ValueError):
                async with app.app_context(), app.test_request_context("/"):
                    raise ValueError
        """,
    ),
    snippet(
        "the user is loaded in a context that is pushed by hand",
        """
        from flask import Flask
        from flask_login import current_user, login_user

        app = Flask(__name__)


        def test_nobody():
            with app.test_request_context("/"):
                assert not current_user.is_authenticated
            with app.test_request_context("/a"):
                assert app.name
        """,
        """
        from quart import Quart
        from compat import current_user, login_user, load_user

        app = Quart(__name__)


        async def test_nobody():
            async with app.test_request_context("/"):
                await load_user()
                assert not current_user.is_authenticated
            async with app.test_request_context("/a"):
                assert app.name
        """,
    ),
    snippet(
        "a context manager around a client is async",
        """
        from contextlib import contextmanager

        from flask import Flask

        app = Flask(__name__)


        @contextmanager
        def logged_in(name):
            with app.test_client() as client:
                client.post("/login", data={"name": name})
                yield client


        def test_page():
            with logged_in("susan") as client:
                assert client.get("/").status_code == 200
        """,
        """
        from contextlib import asynccontextmanager

        from quart import Quart

        app = Quart(__name__)


        @asynccontextmanager
        async def logged_in(name):
            async with app.test_client() as client:
                await client.post("/login", form={"name": name})
                yield client


        async def test_page():
            async with logged_in("susan") as client:
                assert (await client.get("/")).status_code == 200
        """,
    ),
    snippet(
        "test cases of unittest are its async ones",
        """
        import unittest

        from flask import Flask


        class PageTests(unittest.TestCase):
            def setUp(self):
                self.app = Flask(__name__)
                self.context = self.app.app_context()
                self.context.push()
                self.client = self.app.test_client()

            def tearDown(self):
                self.context.pop()

            def test_page(self):
                self.assertEqual(self.client.get("/").status_code, 404)
        """,
        """
        import unittest

        from quart import Quart


        class PageTests(unittest.IsolatedAsyncioTestCase):
            async def asyncSetUp(self):
                self.app = Quart(__name__)
                self.context = self.app.app_context()
                await self.context.push()
                self.client = self.app.test_client()

            async def asyncTearDown(self):
                await self.context.pop()

            async def test_page(self):
                self.assertEqual((await self.client.get("/")).status_code, 404)
        """,
    ),
    snippet(
        "arguments have their names in Quart",
        """
        from flask import Flask

        app = Flask(__name__)


        def test_arguments():
            client = app.test_client()
            client.post("/", data="<a/>", content_type="text/xml")
            client.post("/", data={"a": 1}, content_type="multipart/form-data")
            client.post("/", data="<a/>", headers={"X-A": "a"}, content_type="text/xml")
            client.post("/", data={"a": 1}, content_type="multipart/form-data", headers={"X-A": "a"})
            client.get("/", headers=dict(a="b"), mimetype="text/xml")
            client.get("/", environ_base={"REMOTE_ADDR": "10.0.0.1"})
            client.get("/", base_url="http://example.com/")
            client.get("/", base_url="https://localhost")
            client.get("/", base_url="https://example.com", follow_redirects=True)
            client.set_cookie("name", "value")
            client.set_cookie("name", "value", domain="example.com")
            client.delete_cookie("name")
        """,
        """
        from quart import Quart

        app = Quart(__name__)


        async def test_arguments():
            client = app.test_client()
            await client.post("/", data="<a/>", headers={"Content-Type": "text/xml"})
            await client.post("/", form={"a": 1})
            await client.post("/", data="<a/>", headers={"X-A": "a", "Content-Type": "text/xml"})
            await client.post("/", form={"a": 1}, headers={"X-A": "a"})
            await client.get("/", headers={**dict(a="b"), "Content-Type": "text/xml"})
            await client.get("/", scope_base={"client": ("10.0.0.1", 0)})
            await client.get("/", headers={"Host": "example.com"})
            await client.get("/", scheme="https")
            await client.get("/", scheme="https", headers={"Host": "example.com"}, follow_redirects=True)
            client.set_cookie("localhost", "name", "value")
            client.set_cookie("example.com", "name", "value")
            client.delete_cookie("localhost", "name")
        """,
    ),
    snippet(
        "a file of Werkzeug's own is not awaited, and a view that is called by hand is",
        """
        from flask import Flask, request
        from flask.views import MethodView
        from werkzeug.datastructures import FileStorage

        app = Flask(__name__)


        class Upload(MethodView):
            def post(self):
                request.files["x"].save("x")
                return "saved"


        def test_upload():
            FileStorage(open("x", "rb"), "x").save("y")
            with app.test_request_context():
                assert Upload.as_view("upload")() == "saved"
        """,
        """
        from quart import Quart, request
        from quart.views import MethodView
        from werkzeug.datastructures import FileStorage

        app = Quart(__name__)


        class Upload(MethodView):
            async def post(self):
                await (await request.files)["x"].save("x")
                return "saved"


        async def test_upload():
            FileStorage(open("x", "rb"), "x").save("y")
            async with app.test_request_context("/"):
                assert await Upload.as_view("upload")() == "saved"
        """,
    ),
]
