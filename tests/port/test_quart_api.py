"""The assistant's tables, compared with the Quart, quart-wtforms and compat that are installed."""

from __future__ import annotations

from importlib import import_module
from inspect import getattr_static, isasyncgenfunction, iscoroutinefunction
from typing import Any

import pytest
from quart import Quart

from compat.port import quart_api as api
from compat.port.names import relocate

pytestmark = pytest.mark.quick


async def owner_of(dotted: str) -> tuple[Any, str]:
    """What has the last part of *dotted*, and that part; contexts are made, as they have no public class."""
    owner, _, name = dotted.rpartition(".")
    app = Quart(__name__)
    if owner == api.APP_CONTEXT:
        return type(app.app_context()), name
    if owner == api.REQUEST_CONTEXT:
        return type(app.test_request_context("/")), name
    module, _, cls = owner.rpartition(".")
    return (getattr(import_module(module), cls) if cls[0].isupper() else import_module(owner)), name


@pytest.mark.parametrize("dotted", sorted(name for name in api.AWAITED_CALLS if "(" not in name))
async def test_calls_are_awaited(dotted: str) -> None:
    """What the table says is to be awaited is a coroutine function."""
    owner, name = await owner_of(dotted)

    assert iscoroutinefunction(getattr(owner, name))


@pytest.mark.parametrize("dotted", sorted(api.AWAITED_ATTRIBUTES))
async def test_attributes_are_awaited(dotted: str) -> None:
    """What the table says is to be awaited is a property that gives a coroutine."""
    owner, name = await owner_of(dotted)

    assert iscoroutinefunction(getattr_static(owner, name).fget)


@pytest.mark.parametrize("dotted", sorted(name for name in api.GONE if "(" not in name and "json_encoder" not in name))
async def test_what_is_gone_is_gone(dotted: str) -> None:
    """What the table says Quart does not have, it does not have, or only to raise."""
    owner, name = await owner_of(dotted)

    assert not hasattr(owner, name) or dotted == f"{api.REQUEST}.stream"


async def test_no_coroutine_function_of_the_client_is_missing() -> None:
    """Every request that the test client makes is in the table."""
    owner, _ = await owner_of(f"{api.CLIENT}.get")
    made = {name for name in dir(owner) if not name.startswith("_") and iscoroutinefunction(getattr(owner, name))}

    assert {f"{api.CLIENT}.{name}" for name in made} <= api.AWAITED_CALLS
    assert not isasyncgenfunction(owner.session_transaction)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("flask.Flask", "quart.Quart"),
        ("flask.app.Flask", "quart.Quart"),
        ("flask.helpers.url_for", "quart.helpers.url_for"),
        ("flask.ctx.has_request_context", "quart.has_request_context"),
        ("flask.testing.FlaskCliRunner", "quart.testing.QuartCliRunner"),
        ("flask_login.test_client.FlaskLoginClient", "compat.FlaskLoginClient"),
        ("flask_login.signals.user_logged_in", "compat.signals.user_logged_in"),
        ("flask_wtf.file.FileField", "quart_wtf.FileField"),
        ("flask_wtf.recaptcha.RecaptchaField", None),
        ("flask.debughelpers.DebugFilesKeyError", None),
        ("flask._request_ctx_stack", None),
        ("flask_login.user_loaded_from_header", None),
        ("sqlalchemy.orm", "sqlalchemy.orm"),
    ],
)
def test_names_are_where_they_are(before: str, after: str | None) -> None:
    """A name is found where it lives now, or nowhere."""
    assert relocate(before) == after
    if after is not None and not before.startswith("sqlalchemy"):
        module, _, name = after.rpartition(".")
        assert hasattr(import_module(module), name)
