"""Flask and Flask-Login 0.6.3, for comparison: the only module of this folder that imports them."""

import hashlib
import inspect
from datetime import timedelta
from typing import Any, cast

import flask  # noqa: TID251  # what a running Flask application does is what we compare with
import flask_login  # type: ignore[import-untyped, unused-ignore]  # noqa: TID251  # has no types
from blinker import NamedSignal
from flask_login import config as flask_login_config  # noqa: TID251
from werkzeug.test import EnvironBuilder

from .site import SECRET


def exported_names() -> set[str]:
    """What Flask-Login exports."""
    return {name for name in flask_login.__all__ if not name.startswith("__")}


def constant(name: str) -> Any:
    """The value of one of Flask-Login's constants."""
    return getattr(flask_login_config, name)


def new_manager_settings() -> dict[str, Any]:
    """The attributes of a new LoginManager."""
    return dict(vars(flask_login.LoginManager()))


def signal_name(name: str) -> str | None:
    """The name that the signal *name* carries; None if Flask-Login has no such signal."""
    signal = getattr(flask_login, name, None) if name != "current_user" else None
    return signal.name if isinstance(signal, NamedSignal) else None


def parameters(name: str) -> list[tuple[str, Any]] | None:
    """The parameters of the function *name*, with their defaults; None if Flask-Login has no such function."""
    found = vars(flask_login).get(name)
    if not inspect.isfunction(found):
        return None
    return [(one.name, one.default) for one in inspect.signature(found).parameters.values()]


class _Person(flask_login.UserMixin):  # type: ignore[misc, unused-ignore]  # untyped
    def __init__(self, person_id: str) -> None:
        self.id = person_id


def user_class(name: str) -> Any:
    """A class of users that inherits Flask-Login's UserMixin; its constructor takes the id."""
    return type(name, (_Person,), {})


def flask_application(**config: Any) -> flask.Flask:
    """An application with Flask-Login that has the same users as the small application."""
    app = flask.Flask("flask_side", static_folder=None)
    app.config.update({"SECRET_KEY": SECRET, **config})
    manager = flask_login.LoginManager(app)

    @manager.user_loader  # type: ignore[untyped-decorator, unused-ignore]
    def load(user_id: str) -> _Person | None:
        return _Person(user_id) if user_id in {"1", "2"} else None

    @app.route("/login")
    def login() -> str:
        remember = "remember" in flask.request.args
        seconds = flask.request.args.get("seconds", type=float)
        duration = None if seconds is None else timedelta(seconds=seconds)
        return str(flask_login.login_user(_Person("1"), remember=remember, duration=duration))

    @app.route("/login-unsaved")
    def login_unsaved() -> str:
        return str(flask_login.login_user(_Person(cast(str, None))))

    @app.route("/leave")
    def leave() -> str:
        flask_login.logout_user()
        flask.session.clear()
        return "left"

    @app.route("/whoami")
    def whoami() -> str:
        user = flask_login.current_user
        return cast(str, user.id) if user.is_authenticated else "nobody"

    @app.route("/fresh")
    def fresh() -> str:
        return str(bool(flask_login.current_user.is_authenticated) and flask_login.login_fresh())

    return app


def first_use_of_the_user() -> list[str]:
    """What the first use of ``current_user`` does with a login, in order: the loader and ``user_accessed``."""
    order: list[str] = []
    app = flask_application()
    manager: Any = app.login_manager  # type: ignore[attr-defined, unused-ignore]
    load = manager._user_callback

    @manager.user_loader  # type: ignore[untyped-decorator, unused-ignore]
    def note(user_id: str) -> Any:
        order.append("loader")
        return load(user_id)

    with (
        flask_login.user_accessed.connected_to(lambda _app: order.append("user_accessed"), sender=app),
        app.test_request_context("/"),
    ):
        flask.session["_user_id"] = "1"
        assert flask_login.current_user.id == "1"
    return order


def main_branch_application(**config: Any) -> flask.Flask:
    """The same with the client's identifier of Flask-Login's main branch (0.7.0.dev at c8bba84), which no index has.

    ``test_session_identifier`` compares it with values that the main branch itself made.
    """
    app = flask_application(**config)
    manager: Any = app.login_manager  # type: ignore[attr-defined, unused-ignore]
    manager._session_identifier_generator = main_branch_identifier
    return app


def main_branch_identifier() -> str:
    """The identifier of the current request's client on Flask-Login's main branch."""
    client = f"{flask.request.remote_addr}|{flask.request.user_agent.string}"
    return hashlib.sha512(client.encode()).hexdigest()


def identify(address: str | None, agent: str | None) -> str:
    """``main_branch_identifier`` of a client at *address* with the User-Agent *agent*."""
    environ = EnvironBuilder().get_environ()
    for name, value in {"REMOTE_ADDR": address, "HTTP_USER_AGENT": agent}.items():
        environ.pop(name, None)
        if value is not None:
            environ[name] = value
    with flask.Flask("identify").request_context(environ):
        return main_branch_identifier()


def get(
    app: flask.Flask, path: str, cookies: dict[str, str], *, address: str, agent: str
) -> tuple[str, dict[str, str]]:
    """Ask *app* for *path* from a client with *cookies*; the body, and the cookies the client has then."""
    client = app.test_client()
    for name, value in cookies.items():
        client.set_cookie(name, value)
    response = client.get(path, headers={"User-Agent": agent}, environ_base={"REMOTE_ADDR": address})
    kept = {}
    for name in ("session", "remember_token"):
        found = client.get_cookie(name)
        if found is not None:
            kept[name] = found.value
    return response.get_data(as_text=True), kept
