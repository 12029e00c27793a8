"""Variants of Flask-Login, each broken in one small way, which the comparison must detect."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import flask

from .oracle import flask_login_as_documented


def _with_manager(**methods: Callable[..., Any]) -> SimpleNamespace:
    library = flask_login_as_documented()
    library.LoginManager = type("LoginManager", (library.LoginManager,), methods)
    return library


def _restored_login_is_fresh() -> SimpleNamespace:
    def load(self: Any, cookie: str) -> Any:
        was_fresh = flask.session.get("_fresh")
        user = original(self, cookie)
        if user is not None:
            flask.session["_fresh"] = was_fresh
        return user

    original = flask_login_as_documented().LoginManager._load_user_from_remember_cookie
    return _with_manager(_load_user_from_remember_cookie=load)


def _strong_is_basic() -> SimpleNamespace:
    def protect(self: Any) -> bool:
        mode = flask.current_app.config.get("SESSION_PROTECTION")
        if mode == "strong":
            flask.current_app.config["SESSION_PROTECTION"] = "basic"
        failed: bool = original(self)
        flask.current_app.config["SESSION_PROTECTION"] = mode
        return failed

    original = flask_login_as_documented().LoginManager._session_protection_failed
    return _with_manager(_session_protection_failed=protect)


def _remember_cookie_stays() -> SimpleNamespace:
    return _with_manager(_clear_cookie=lambda self, response: None)


def _remember_cookie_lives_a_minute_longer() -> SimpleNamespace:
    def set_cookie(self: Any, response: flask.Response) -> None:
        if "_remember_seconds" in flask.session:
            flask.session["_remember_seconds"] += 60
            original(self, response)
            flask.session["_remember_seconds"] -= 60
        else:
            original(self, response)

    original = flask_login_as_documented().LoginManager._set_cookie
    return _with_manager(_set_cookie=set_cookie)


def _session_is_always_written() -> SimpleNamespace:
    def update(self: Any, response: flask.Response) -> flask.Response:
        flask.session.modified = True
        updated: flask.Response = original(self, response)
        return updated

    original = flask_login_as_documented().LoginManager._update_remember_cookie
    return _with_manager(_update_remember_cookie=update)


def _refused_page_is_forgotten() -> SimpleNamespace:
    def unauthorized(self: Any) -> Any:
        response = original(self)
        if isinstance(response, flask.wrappers.Response) or hasattr(response, "location"):
            response.location = (response.location or "").partition("?")[0] or None
        return response

    original = flask_login_as_documented().LoginManager.unauthorized
    return _with_manager(unauthorized=unauthorized)


def _nothing_is_flashed() -> SimpleNamespace:
    def unauthorized(self: Any) -> Any:
        self.login_message = None
        return original(self)

    original = flask_login_as_documented().LoginManager.unauthorized
    return _with_manager(unauthorized=unauthorized)


def _confirming_does_not_bind() -> SimpleNamespace:
    def confirm_login() -> None:
        bound_to = flask.session.get("_id")
        original()
        flask.session["_id"] = bound_to

    library = flask_login_as_documented()
    original = library.confirm_login
    library.confirm_login = confirm_login
    return library


def _logout_is_announced_too_late() -> SimpleNamespace:
    def logout_user() -> bool:
        user = flask.current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]  # set by Flask-Login
        with library.user_logged_out.muted():
            original()
        library.user_logged_out.send(flask.current_app._get_current_object(), user=user)  # type: ignore[attr-defined]  # a proxy
        return True

    library = flask_login_as_documented()
    original = library.logout_user
    library.logout_user = logout_user
    return library


def _inactive_users_may_log_in() -> SimpleNamespace:
    library = flask_login_as_documented()
    original = library.login_user
    library.login_user = lambda user, **how: original(user, **{**how, "force": True})
    return library


def _every_method_is_guarded() -> SimpleNamespace:
    def login_required(view: Callable[..., Any]) -> Callable[..., Any]:
        guarded = original(view)

        def run() -> Any:
            if not library.current_user.is_authenticated and flask.request.method == "OPTIONS":
                return flask.current_app.login_manager.unauthorized()  # type: ignore[attr-defined]  # as above
            return guarded()

        run.__name__ = view.__name__
        return run

    library = flask_login_as_documented()
    original = library.login_required
    library.login_required = login_required
    return library


def _loader_is_asked_twice() -> SimpleNamespace:
    def load(self: Any) -> None:
        user_id = flask.session.get("_user_id")
        if self._user_callback is not None and user_id is not None:
            self._user_callback(user_id)
        original(self)

    original = flask_login_as_documented().LoginManager._load_user
    return _with_manager(_load_user=load)


#: Each makes the library anew.
BROKEN: tuple[Callable[[], SimpleNamespace], ...] = (
    _restored_login_is_fresh,
    _strong_is_basic,
    _remember_cookie_stays,
    _remember_cookie_lives_a_minute_longer,
    _session_is_always_written,
    _refused_page_is_forgotten,
    _nothing_is_flashed,
    _confirming_does_not_bind,
    _logout_is_announced_too_late,
    _inactive_users_may_log_in,
    _every_method_is_guarded,
    _loader_is_asked_twice,
)
