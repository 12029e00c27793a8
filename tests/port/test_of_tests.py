"""Tests of an application: where a client comes from, what holds its responses, and what runs async methods."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.porter import port

pytestmark = pytest.mark.quick

APP = """
from flask import Flask, request
from flask.testing import FlaskClient


class Client(FlaskClient):
    def log_in(self):
        return self.post("/login")


app = Flask(__name__)
app.test_client_class = Client


def price():
    return request.args["price"] + request.form["x"]
"""


def ported(folder: Path, code: str) -> str:
    """The test module *code* after the port."""
    (folder / "shop.py").write_text(APP)
    (folder / "test_shop.py").write_text(dedent(code).lstrip("\n"))
    files = {file.path.name: file.after.decode() for file in port(folder).files}
    compile(files["test_shop.py"], "ported", "exec")
    return files["test_shop.py"]


AWAITED = {
    "a client that a subclass sets": """
        class Shared:
            def page(self):
                return (await self.client.get("/")).status_code


        class TestShop(Shared):
            def setup_method(self):
                self.client = app.test_client()

            def test_page(self):
                assert await self.page() == 200
        """,
    "a client that a subclass of unittest's sets": """
        import unittest


        class Shared(unittest.TestCase):
            def page(self):
                return await self.client.get("/")


        class TestShop(Shared):
            def setUp(self):
                self.client = app.test_client()

            def test_page(self):
                self.assertEqual((await self.page()).status_code, 200)
        """,
    "a client of Flask-Testing": """
        from flask_testing import TestCase


        class TestShop(TestCase):
            def test_page(self):
                assert b"x" in await (await self.client.get("/")).data
        """,
    "a client of the application's own class": """
        def test_page():
            assert (await app.test_client().log_in()).status_code == 200
        """,
    "a method under a computed name": """
        def test_page(client):
            for verb in ("get", "post"):
                assert (await getattr(client, verb)("/")).status_code == 200
        """,
    "two responses at once": """
        def both(client):
            return await client.get("/"), await client.get("/x")


        def test_page(client):
            one, two = await both(client)
            assert await one.json == await two.get_json()
            pair = await both(client)
            assert await pair[0].json == await pair[1].json
        """,
    "a response from a fixture": """
        import pytest


        @pytest.fixture
        def page(client):
            return client, await client.get("/")


        def test_page(page):
            client, response = page
            assert await response.json
            assert (await client.get("/")).status_code
        """,
    "a list of responses": """
        def test_page(client):
            responses = [await client.get(path) for path in ("/", "/x")]
            for response in responses:
                assert await response.json
            for number, response in enumerate(responses):
                assert await response.get_json() == number
            assert all([await response.json for response in responses])
        """,
    "a dict of responses": """
        def test_page(client):
            responses = {"a": await client.get("/"), "b": await client.get("/x")}
            assert await responses["a"].json
            assert await responses.get("b").json
            for path, response in responses.items():
                assert await response.json == path
        """,
}


@pytest.mark.parametrize("code", AWAITED.values(), ids=AWAITED)
def test_it_is_awaited(tmp_path: Path, code: str) -> None:
    """Clients and responses are found in subclasses, tuples, lists, dicts and fixtures."""
    before = re.sub(r"\(await (\w[^=\n]*?\))\)", r"\1", code).replace("await ", "")
    before = before.replace("all([response.json for response in responses])", "all(x.json for x in responses)")

    after = ported(tmp_path, "from shop import app\n\n\n" + dedent(before).lstrip("\n"))

    assert "await " not in before
    for line in (line.strip() for line in code.splitlines() if "await " in line and "all(" not in line):
        assert line in after
    assert "all(x.json" not in after


def test_set_up_of_a_base_class_is_called_by_its_new_name(tmp_path: Path) -> None:
    """``super().setUp()`` is ``await super().asyncSetUp()``, if that is what the base class has now."""
    after = ported(
        tmp_path,
        """
        import unittest

        from shop import app


        class Shared(unittest.TestCase):
            def setUp(self):
                self.client = app.test_client()
                self.client.get("/")


        class TestShop(Shared):
            def setUp(self):
                super().setUp()
                self.page = 1

            def tearDown(self):
                super().tearDown()
        """,
    )
    assert "async def asyncSetUp(self):\n        await super().asyncSetUp()" in after
    assert "    def tearDown(self):\n        super().tearDown()" in after


def test_a_base_class_runs_the_async_methods_of_its_subclasses(tmp_path: Path) -> None:
    """The TestCase of unittest would pass async tests without running them, wherever in a family they stand."""
    after = ported(
        tmp_path,
        """
        import unittest

        from shop import app


        class Shared(unittest.TestCase):
            maxDiff = None


        class TestShop(Shared):
            def test_page(self):
                app.test_client().get("/")


        class TestOther(unittest.TestCase):
            def test_sum(self):
                assert 1 + 1 == 2
        """,
    )
    assert "class Shared(unittest.IsolatedAsyncioTestCase):" in after
    assert "class TestOther(unittest.TestCase):" in after


PATCHES = {
    "mock.patch.object": 'mock.patch.object(shop, "price", lambda: "3")',
    "mock.patch": 'mock.patch("shop.price", lambda: "3")',
    "new=": 'mock.patch("shop.price", new=lambda: "3")',
    "pytest-mock": 'mocker.patch("shop.price", lambda: "3")',
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_what_mock_puts_in_place_of_an_async_function_is_to_do(tmp_path: Path, patch: str) -> None:
    """A sync function in place of one that is awaited; without it, unittest.mock makes an AsyncMock."""
    code = f"from unittest import mock\n\nimport shop\n\n\ndef test_page(client, mocker):\n    {patch}\n"
    assert "# PORT: mock" in ported(tmp_path, code)
    assert "# PORT" not in ported(tmp_path, code.replace('lambda: "3"', "").replace(", new=)", ")"))
