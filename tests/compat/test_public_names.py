"""The public names, and their defaults."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import compat
from compat import LoginManager

from . import flask_side

PUBLIC = {
    # Flask-Login's
    "AnonymousUserMixin", "COOKIE_DURATION", "COOKIE_HTTPONLY", "COOKIE_NAME", "COOKIE_SAMESITE", "COOKIE_SECURE",
    "EXEMPT_METHODS", "FlaskLoginClient", "ID_ATTRIBUTE", "LOGIN_MESSAGE", "LOGIN_MESSAGE_CATEGORY",
    "LoginManager", "REFRESH_MESSAGE", "REFRESH_MESSAGE_CATEGORY", "SESSION_KEYS", "USE_SESSION_FOR_NEXT",
    "UserMixin", "confirm_login", "current_user", "decode_cookie", "encode_cookie", "expand_login_view",
    "fresh_login_required", "login_fresh", "login_remembered", "login_required", "login_url", "login_user",
    "logout_user", "make_next_param", "session_protected", "set_login_view", "user_accessed",
    "user_loaded_from_cookie", "user_loaded_from_request", "user_logged_in", "user_logged_out",
    "user_login_confirmed", "user_needs_refresh", "user_unauthorized",
    # ours
    "CompatError", "ConfigurationError", "DurationError", "HeadersSent", "IdentityConflict", "LoaderFailed",
    "LoginClient", "MissingLoader", "NoCurrentUser", "NotInitialised", "UnsupportedEventLoop", "UserContractError",
    "UserNotLoaded", "UserNotSaved", "WebsocketIsReadOnly",
    "anonymous_required", "load_user", "load_user_from_scope", "login_exempt", "login_guard", "safe_next_url",
    "user_loaded",
}  # fmt: skip

ROOT = Path(compat.__file__).parent.parent


def names_of(module: Any) -> set[str]:
    """The names of *module* that are not modules and not private."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(value) and name != "Any"
    }


def test_public_names_are_deliberate() -> None:
    """Only these names are public."""
    assert names_of(compat) == PUBLIC


def test_a_star_brings_the_public_names() -> None:
    """``from compat import *`` brings the public names and no module, so it hides no name of the application's."""
    brought: dict[str, Any] = {}
    exec("from compat import *", brought)  # noqa: S102
    del brought["__builtins__"]

    assert set(brought) == set(compat.__all__) == PUBLIC
    assert len(compat.__all__) == len(PUBLIC)
    assert not [name for name, value in brought.items() if inspect.ismodule(value)]


def test_no_name_of_flask_login_is_missing() -> None:
    """Whatever Flask-Login exports can be imported from compat, too."""
    gone_from_its_main_branch = {"AUTH_HEADER_NAME", "user_loaded_from_header"}

    missing = flask_side.exported_names() - PUBLIC - gone_from_its_main_branch

    assert not missing


@pytest.mark.parametrize("name", sorted(name for name in PUBLIC if name.isupper()))
def test_constants_are_flask_logins(name: str) -> None:
    """Each constant has the value that it has in Flask-Login."""
    assert getattr(compat, name) == flask_side.constant(name)


def test_settings_have_flask_logins_defaults() -> None:
    """A new LoginManager has Flask-Login's attributes, with its values."""
    manager = LoginManager[Any]()
    theirs = flask_side.new_manager_settings()
    swapped = {"anonymous_user", "_session_identifier_generator"}  # classes and functions of the library itself
    gone_from_its_main_branch = {"_header_callback"}

    for name, value in theirs.items():
        if name not in swapped | gone_from_its_main_branch:
            assert getattr(manager, name) == value, name
    assert manager.anonymous_user is compat.AnonymousUserMixin


def test_signals_have_flask_logins_names() -> None:
    """Each signal carries the name that it has in Flask-Login."""
    for name in PUBLIC:
        theirs = flask_side.signal_name(name)
        if theirs is not None:
            assert getattr(compat, name).name == theirs


def test_functions_take_flask_logins_arguments() -> None:
    """Each function can be called with the arguments that it takes in Flask-Login, with the same defaults."""
    for name in sorted(PUBLIC):
        theirs = flask_side.parameters(name)
        if theirs is not None and name not in {"login_required", "fresh_login_required"}:
            ours = inspect.signature(getattr(compat, name)).parameters
            assert [(one.name, one.default) for one in ours.values()][: len(theirs)] == theirs, name


def test_version_is_deprecated() -> None:
    """``compat.__version__`` answers and warns, as in Flask-Login."""
    with pytest.warns(DeprecationWarning, match="importlib.metadata"):
        version = compat.__version__

    assert version.count(".") == 2


def test_unknown_names_do_not_exist() -> None:
    """A misspelt name is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="login_requred"):
        compat.login_requred  # noqa: B018


@cache
def imports(folder: str) -> frozenset[tuple[str, str]]:
    """Each module that the sources in *folder* import, with the file."""
    return frozenset(_imports(folder))


def _imports(folder: str) -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield path.relative_to(ROOT).as_posix(), alias.name
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                assert node.module is not None
                yield path.relative_to(ROOT).as_posix(), node.module
                for alias in node.names:
                    yield path.relative_to(ROOT).as_posix(), f"{node.module}.{alias.name}"


@pytest.mark.parametrize("folder", ["compat", "quart_app"])
def test_flask_is_never_imported(folder: str) -> None:
    """No module imports Flask: it is installed with Quart, but its proxies are the wrong ones."""
    wrong = [found for found in imports(folder) if found[1].split(".")[0] in {"flask", "flask_login"}]

    assert not wrong


@pytest.mark.parametrize("folder", ["compat", "quart_app"])
def test_only_public_names_of_quart_are_imported(folder: str) -> None:
    """No module imports ``quart.ctx`` or ``quart.globals``, which differ between Quart 0.22 and 0.23."""
    private = ("quart.ctx", "quart.globals")
    wrong = [found for found in imports(folder) if found[1].startswith(private) or found[1].startswith("quart._")]

    assert not wrong


def test_the_library_needs_quart_and_quart_auth_only() -> None:
    """Only Quart, Quart-Auth and what they install is imported, and by three parts what only they need."""
    allowed = {"quart", "quart_auth", "werkzeug", "itsdangerous", "blinker", "typing_extensions"}
    standard = __import__("sys").stdlib_module_names
    extras = {
        ("compat/forms.py", "quart_wtf"),
        ("compat/port/guard_tests.py", "pytest"),
        ("compat/server_sessions.py", "msgspec"),
        ("compat/server_sessions.py", "redis"),
    }

    foreign = {(file, module.split(".")[0]) for file, module in imports("compat")} - extras
    needed = {module for file, module in foreign if not (file.startswith("compat/port/") and module == "libcst")}

    assert not needed - allowed - standard


def test_utils_has_flask_logins_names() -> None:
    """``compat.utils`` has the functions of ``flask_login.utils``."""
    from compat import utils

    for name in ("login_user", "login_required", "current_user", "encode_cookie", "expand_login_view"):
        assert getattr(utils, name) is getattr(compat, name)
