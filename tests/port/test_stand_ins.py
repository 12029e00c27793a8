"""What is called in the place of something that became async: lambdas, sync methods, and wrappers."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from .one_file import ported

pytestmark = pytest.mark.quick


def test_a_lambda_in_place_of_an_async_function_is_to_do(tmp_path: Path) -> None:
    """A parameter that is an async function here and a lambda there is awaited: the lambda is named."""
    code = """
        def passes(test):
            return test(1)


        def index(item: Item):
            passes(lambda user: user == 1)
            passes(lambda user: item.allowed())
            passes(item.allowed)
        """
    after, found = ported(tmp_path, code)

    assert "return await test(1)" in after
    assert ("lambda user: user == 1", "Write it as an `async def` function") in [
        (each.what, each.do) for each in found.findings
    ]


def test_what_has_to_stay_sync_in_place_of_an_async_function_is_to_do(tmp_path: Path) -> None:
    """A parameter that is an async function here and one that cannot be async there."""
    code = """
        class Count:
            def __len__(self):
                return 1


        def use(function):
            return function() + 1


        def index(item: Item, count: Count):
            use(item.allowed)
            use(count.__len__)
        """
    found = ported(tmp_path, code)[1]

    assert [(each.what, each.do) for each in found.findings] == [("__len__", "Make both async, or give them two names")]


def test_a_wrapper_that_passes_a_coroutine_on_stays_sync(tmp_path: Path) -> None:
    """What else such a decorator stands above does not become async, nor do its callers; the async one is awaited."""
    code = """
        from functools import wraps


        def deprecated(message):
            def decorator(function):
                @wraps(function)
                def wrapper(*args):
                    print(message)
                    return function(*args)

                return wrapper

            return decorator


        def to_bytes(text):
            return bytes(text)


        to_text = deprecated("x")(to_bytes)


        @deprecated("x")
        def read(item: Item):
            return item.allowed()


        def index(item: Item):
            return read(item) and to_text("x")
        """
    after, found = ported(tmp_path, code)

    expected = dedent(code).lstrip("\n").replace("item.allowed()", "await item.allowed()")
    expected = expected.replace("return read(", "return await read(")
    assert after == expected.replace("def read", "async def read").replace("def index", "async def index")
    assert found.is_complete


def test_a_wrapper_above_a_view_becomes_async(tmp_path: Path) -> None:
    """Quart asks whether what it registers is async, before it calls it."""
    code = """
        def noted(function):
            def wrapper(*args):
                return function(*args)

            return wrapper


        @app.get("/")
        @noted
        def index():
            return "x"


        @noted
        def other():
            return "x"
        """
    after = ported(tmp_path, code)[0]

    assert "async def wrapper(*args):\n        return await function(*args)" in after
