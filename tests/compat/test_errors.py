"""Error messages say what is wrong and how to correct it."""

import inspect
from types import SimpleNamespace
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

import compat
from compat import (
    CompatError,
    ConfigurationError,
    LoginManager,
    NotInitialised,
    UnsupportedEventLoop,
    current_user,
    login_required,
)

from .site import Application, error, text

ERRORS = [one for one in vars(compat).values() if inspect.isclass(one) and issubclass(one, Exception)]


@pytest.mark.parametrize("kind", ERRORS)
def test_errors_are_a_small_tree(kind: type[Exception]) -> None:
    """Every error of the library is a CompatError and has a docstring."""
    assert issubclass(kind, CompatError)
    assert kind.__doc__


def test_errors_are_what_python_would_raise() -> None:
    """Wrong values are also ValueErrors, wrong types TypeErrors, and calls at a wrong time RuntimeErrors."""
    assert issubclass(compat.ConfigurationError, ValueError)
    assert issubclass(compat.DurationError, TypeError)
    assert issubclass(compat.UserContractError, TypeError)
    assert issubclass(compat.UserNotLoaded, RuntimeError)
    assert issubclass(compat.WebsocketIsReadOnly, RuntimeError)


def test_an_application_of_flask_says_so() -> None:
    """With a Flask application the message names the wrong import, not a missing attribute."""
    app: Any = SimpleNamespace(extensions={})

    with pytest.raises(ConfigurationError, match=r"quart\.Quart"):
        LoginManager(app)


async def test_an_application_without_manager_says_so() -> None:
    """Without a LoginManager, reading the user is an error that names the missing call."""
    app = Application(__name__)

    @app.route("/asks")
    async def asks() -> str:
        return str(current_user.is_authenticated)

    @app.route("/guarded")
    @login_required
    async def guarded() -> str:
        return ""

    @app.route("/works")
    async def works() -> str:
        return "fine"

    client = QuartClient(app)
    for path in ("/asks", "/guarded"):
        found = await error(client, path)
        assert isinstance(found, NotInitialised)
        assert "init_app(app)" in str(found)
    assert await text(client, "/works") == "fine"


async def test_the_manager_may_be_made_first() -> None:
    """``init_app`` may be called later, as in application factories."""
    manager = compat.LoginManager[Any]()

    @manager.user_loader
    async def load(user_id: str) -> None:
        return None

    app = Quart(__name__)
    app.secret_key = "k"
    manager.init_app(app)

    @app.route("/")
    async def index() -> str:
        return str(current_user.is_authenticated)

    assert app.login_manager is manager  # type: ignore[attr-defined]  # where Flask-Login puts it
    assert await text(QuartClient(app), "/") == "False"


def test_another_event_loop_says_so_at_the_start() -> None:
    """Without its own event loop, as Quart's on Trio, the application does not start and names the way out."""
    app = Application(__name__)
    started = []
    app.before_serving(lambda: started.append("before the check"))
    LoginManager(app)

    with pytest.raises(UnsupportedEventLoop, match="worker classes asyncio and uvloop"):
        app.startup().send(None)  # as far as it runs without an event loop

    assert started == []


async def test_asyncio_starts() -> None:
    """On asyncio the application starts."""
    app = Application(__name__)
    LoginManager(app)

    async with app.test_app():
        pass
