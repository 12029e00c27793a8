"""What goes wrong is said in a sentence, with the way out."""

import inspect
from types import SimpleNamespace
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

import compat
from compat import CompatError, ConfigurationError, LoginManager, NotInitialised, current_user, login_required

from .site import Application, error, text

ERRORS = [one for one in vars(compat).values() if inspect.isclass(one) and issubclass(one, Exception)]


@pytest.mark.parametrize("kind", ERRORS)
def test_errors_are_a_small_tree(kind: type[Exception]) -> None:
    """Whoever catches CompatError catches every error of ours, and each explains itself."""
    assert issubclass(kind, CompatError)
    assert kind.__doc__


def test_errors_are_what_python_would_raise() -> None:
    """Wrong values are ValueErrors, wrong types TypeErrors, wrong moments RuntimeErrors; catch either."""
    assert issubclass(compat.ConfigurationError, ValueError)
    assert issubclass(compat.DurationError, TypeError)
    assert issubclass(compat.UserContractError, TypeError)
    assert issubclass(compat.UserNotLoaded, RuntimeError)
    assert issubclass(compat.WebsocketIsReadOnly, RuntimeError)


def test_an_application_of_flask_says_so() -> None:
    """A forgotten import is named, and not an attribute that Flask does not have."""
    app: Any = SimpleNamespace(extensions={})

    with pytest.raises(ConfigurationError, match=r"quart\.Quart"):
        LoginManager(app)


async def test_an_application_without_manager_says_so() -> None:
    """Asking for the user is an error that names the call that is missing."""
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
