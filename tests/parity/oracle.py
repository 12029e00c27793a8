"""Flask-Login 0.6.3, and the same with each documented deviation of compat made by name.

``flask_login_as_documented()`` gives a namespace with Flask-Login's names in which all deviations are made, so that a
comparison with compat can demand equality. ``test_deviations`` proves that each deviation is real: without it the two
sides differ. Deviations that only concern headers are in ``observe``.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from functools import wraps
from hashlib import sha512
from types import SimpleNamespace
from typing import Any, Final

import flask
import flask_login

from benchmarks.comparison.deviations import Deviation

#: The deviations that this copy can make or leave out. ``Vary`` is none of them: Flask itself sends it, whatever
#: Flask-Login does, so ``observe`` compares it with that in mind.
DEVIATIONS: Final = tuple(deviation for deviation in Deviation if deviation is not Deviation.VARY_IF_THE_USER_WAS_USED)


def flask_login_as_documented(*, without: Iterable[Deviation] = ()) -> SimpleNamespace:
    """Flask-Login's names, with all deviations made but those in *without*."""
    made = frozenset(DEVIATIONS) - frozenset(without)
    names = {name: getattr(flask_login, name) for name in flask_login.__all__}
    names["LoginManager"] = type("LoginManager", (_DocumentedLoginManager,), {"made": made})
    if Deviation.DURATION_IS_CHECKED_FIRST in made:
        names["login_user"] = _login_user_after_checking_duration
    if Deviation.VIEW_RUNS_ONCE in made:
        names["fresh_login_required"] = _fresh_login_required_once
    if Deviation.REQUEST_USER_IS_NOT_FRESH in made:
        names["fresh_login_required"] = _without_users_of_the_request(names["fresh_login_required"])
        names["login_fresh"] = lambda: flask_login.login_fresh() and not _manager().is_user_of_the_request()
    names["login_user"] = _then_nobody_is_missing(names["login_user"])
    names["logout_user"] = _then_nobody_is_missing(names["logout_user"])
    names["login_remembered"] = lambda: _login_remembered(made)
    return SimpleNamespace(**names)


class _DocumentedLoginManager(flask_login.LoginManager):  # type: ignore[misc]  # Flask-Login has no types
    """Flask-Login's manager with the deviations in *made*; with none of them it behaves as Flask-Login's own."""

    made: frozenset[Deviation] = frozenset(DEVIATIONS)
    blueprint_login_views: dict[str, str | None]
    login_message: Any

    def __init__(self, app: flask.Flask | None = None, add_context_processor: bool = True) -> None:
        super().__init__(app, add_context_processor)
        if Deviation.ONLY_THE_REMOTE_ADDRESS in self.made:
            self._session_identifier_generator = _identifier_of_the_real_address

    def init_app(self, app: flask.Flask, add_context_processor: bool = True) -> None:
        """Flask-Login's method, but its ``after_request`` hook is placed first, so that it runs last."""
        super().init_app(app, add_context_processor)
        if Deviation.COOKIE_IS_WRITTEN_LAST in self.made:
            hooks = app.after_request_funcs[None]
            hooks.insert(0, hooks.pop())

    def unauthorized(self) -> Any:
        if Deviation.NO_BLUEPRINT_VIEW_FALLS_BACK in self.made:
            views = self.blueprint_login_views.items()
            self.blueprint_login_views = {name: view for name, view in views if view is not None}
        if (
            Deviation.MISSING_USER_GETS_NO_MESSAGE not in self.made
            or self.unauthorized_callback
            or not self._is_user_missing()
        ):
            return super().unauthorized()
        session, message = flask.session, self.login_message
        before, was_modified = dict(session), session.modified
        self.login_message = None
        try:
            return super().unauthorized()
        finally:
            self.login_message = message
            for key in session.keys() - before.keys():
                del session[key]
            session.update(before)
            session.modified = was_modified

    def _load_user(self) -> None:
        """Flask-Login's method, step by step."""
        if self._user_callback is None and self._request_callback is None:
            super()._load_user()  # raises
        flask_login.user_accessed.send(_application())
        was_fresh, was_modified = flask.session.get("_fresh"), flask.session.modified
        if self._session_protection_failed():
            self._update_request_context_with_user()
            return
        user = None
        asked_for = flask.session.get("_user_id")
        if asked_for is not None and self._user_callback is not None:
            user = self._load_by_id(asked_for)
        if user is None:
            if Deviation.NOBODY_IS_NOT_MARKED_STALE in self.made and flask.session.get("_fresh") is not was_fresh:
                flask.session.pop("_fresh")
                if was_fresh is not None:
                    flask.session["_fresh"] = was_fresh
                flask.session.modified = was_modified
            cookie = self._remember_cookie()
            if cookie is not None:
                user = self._load_user_from_remember_cookie(cookie)
            if user is None and (cookie is None or Deviation.REQUEST_LOADER_COMES_LAST in self.made):
                user = self._load_user_from_request(flask.request)
        flask.g.is_user_missing = asked_for is not None and user is None and self._user_callback is not None
        self._update_request_context_with_user(user)

    def _session_protection_failed(self) -> bool:
        if Deviation.NO_LOGIN_IS_NOT_PROTECTED in self.made and "_user_id" not in flask.session:
            return False
        failed: bool = super()._session_protection_failed()
        return failed

    def _is_user_missing(self) -> bool:
        """Whether the session names a missing user, and nobody has logged in or out; asks as ``is_user_of`` does."""
        if "is_user_missing" not in flask.g:
            user_id, cookie = flask.session.get("_user_id"), self._remember_cookie()
            flask.g.is_user_missing = (
                (flask.request.endpoint not in (None, "static") or self._may_be_read_anywhere())
                and user_id is not None
                and self._user_callback is not None
                and self._load_by_id(user_id) is None
                and (cookie is None or self._load_by_id(_decode_cookie(cookie, self.made)) is None)
                and not self.is_user_of_the_request()
            )
        is_missing: bool = flask.g.is_user_missing
        return is_missing

    def _may_be_read_anywhere(self) -> bool:
        """Whether hooks or error pages of the application could read the user of an unknown URL, which compat loads."""
        app = _application()
        hooks = (hook for by_name in (app.before_request_funcs, app.after_request_funcs) for hook in by_name[None])
        return any(app.error_handler_spec[None].values()) or any(
            getattr(hook, "__self__", None) is not self for hook in hooks
        )

    def is_user_of_the_request(self) -> bool:
        """Whether the user of this request comes from the request loader. Calling the loaders has no visible effect."""
        if self._load_by_id(flask.session.get("_user_id")) is not None:
            return False
        cookie = self._remember_cookie()
        if cookie is not None:
            if self._load_by_id(_decode_cookie(cookie, self.made)) is not None:
                return False
            if Deviation.REQUEST_LOADER_COMES_LAST not in self.made:
                return False
        return self._request_callback is not None and self._request_callback(flask.request) is not None

    def _load_by_id(self, user_id: Any) -> Any:
        """The user loader's answer for an id, cached for the request, so that asking early has no visible effect."""
        if user_id is None or self._user_callback is None:
            return None
        known = flask.g.setdefault("users_by_id", {})
        if user_id not in known:
            known[user_id] = self._user_callback(user_id)
        return known[user_id]

    def _remember_cookie(self) -> str | None:
        if flask.session.get("_remember") == "clear":
            return None
        return flask.request.cookies.get(_remember_cookie_name())

    def _load_user_from_remember_cookie(self, cookie: str) -> Any:
        user_id = _decode_cookie(cookie, self.made)
        if user_id is None:
            return None
        if Deviation.MISSING_USER_IS_NOT_RESTORED not in self.made:
            flask.session.update(_user_id=user_id, _fresh=False)
        user = self._load_by_id(user_id)
        if user is None:
            return None
        flask.session.update(_user_id=user_id, _fresh=False)
        if Deviation.RESTORED_LOGIN_IS_BOUND in self.made:
            flask.session["_id"] = self._session_identifier_generator()
        flask_login.user_loaded_from_cookie.send(_application(), user=user)
        return user

    def _update_remember_cookie(self, response: flask.Response) -> flask.Response:
        is_missing = Deviation.MISSING_USER_IS_NOT_SENT_AGAIN in self.made and self._is_user_missing()
        keeps_to_existing = Deviation.REFRESH_KEEPS_TO_EXISTING_COOKIES in self.made
        if is_missing or (keeps_to_existing and _remember_cookie_name() not in flask.request.cookies):
            updated = _without_refresh(super()._update_remember_cookie, response)
        else:
            updated = super()._update_remember_cookie(response)
        if is_missing and flask.session.permanent and not flask.session.modified:
            flask.session.clear()
            flask.session.modified = False
        return updated

    def _clear_cookie(self, response: flask.Response) -> None:
        if Deviation.DELETED_WITH_ALL_ATTRIBUTES not in self.made:
            super()._clear_cookie(response)
            return
        config, name = flask.current_app.config, _remember_cookie_name()
        paths = [config.get("REMEMBER_COOKIE_PATH", "/")]
        if Deviation.DELETED_AT_EVERY_PATH in self.made:
            paths = [*(path for path in _paths_of_cookies(name) if path not in paths), *paths]
        for path in paths:
            response.delete_cookie(
                name,
                domain=config.get("REMEMBER_COOKIE_DOMAIN"),
                path=path,
                secure=config.get("REMEMBER_COOKIE_SECURE", flask_login.COOKIE_SECURE),
                httponly=config.get("REMEMBER_COOKIE_HTTPONLY", flask_login.COOKIE_HTTPONLY),
                samesite=config.get("REMEMBER_COOKIE_SAMESITE"),
            )


def _application() -> Any:
    return flask.current_app._get_current_object()  # type: ignore[attr-defined]  # a werkzeug proxy


def _paths_of_cookies(name: str) -> list[str]:
    """The paths of the first two folders of the page, and of the page itself if the browser sends several cookies."""
    if name.startswith("__Host-"):
        return []
    page = flask.request.root_path + flask.request.path
    if len(flask.request.cookies.getlist(name)) < 2:
        page = page[: page.rindex("/") + 1]
    folders = list(filter(None, page.split("/")))
    first, second = ("/" + "/".join(folders[:number]) for number in (1, 2))
    paths = ["/", first, f"{first}/", second, f"{second}/"]
    return [path for path in dict.fromkeys(paths) if page.startswith(path) and not path.startswith("//")]


def _manager() -> Any:
    return flask.current_app.login_manager  # type: ignore[attr-defined]  # Flask-Login puts it there


def _remember_cookie_name() -> str:
    name: str = flask.current_app.config.get("REMEMBER_COOKIE_NAME", flask_login.COOKIE_NAME)
    return name


def _without_refresh(update: Callable[[flask.Response], flask.Response], response: flask.Response) -> flask.Response:
    """Set or delete the remember cookie if the view asked for it, and never refresh it otherwise."""
    return update(response) if "_remember" in flask.session else response


def _decode_cookie(cookie: str, made: Collection[Deviation]) -> Any:
    """The user id in a remember cookie, if the signature is good."""
    if Deviation.NON_ASCII_SIGNATURE_IS_WRONG in made and not cookie.rpartition("|")[2].isascii():
        return None
    keys = [flask.current_app.config["SECRET_KEY"]]
    if Deviation.KEYS_ROTATE in made:
        keys += flask.current_app.config["SECRET_KEY_FALLBACKS"] or []
    found = (flask_login.decode_cookie(cookie, key) for key in keys)
    return next((user_id for user_id in found if user_id is not None), None)


def _identifier_of_the_real_address() -> str:
    """Flask-Login 0.6.3's hash, of bytes as Python prints them, without its look at X-Forwarded-For."""
    address = flask.request.remote_addr
    agent = flask.request.headers.get("User-Agent")
    shown = (None if part is None else part.encode() for part in (address, agent))
    return sha512("|".join(str(part) for part in shown).encode()).hexdigest()


def _login_user_after_checking_duration(user: Any, remember: bool = False, duration: Any = None, **rest: Any) -> Any:
    refused = not rest.get("force") and not user.is_active
    if remember and not refused and duration is not None and not isinstance(duration, timedelta):
        raise TypeError("duration must be a timedelta")
    return flask_login.login_user(user, remember, duration, **rest)


def _then_nobody_is_missing(verb: Callable[..., bool]) -> Callable[..., bool]:
    """A verb that writes the login: whoever was missing in this request no longer is."""

    @wraps(verb)
    def run(*args: Any, **kwargs: Any) -> bool:
        is_done = verb(*args, **kwargs)
        if is_done:
            flask.g.is_user_missing = False
        return is_done

    return run


def _fresh_login_required_once(view: Callable[..., Any]) -> Callable[..., Any]:
    """Flask-Login's decorator, with an AttributeError of the view wrapped, so that the view is not called again."""

    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except AttributeError as error:
            raise _AttributeErrorOfTheView from error

    return flask_login.fresh_login_required(run)  # type: ignore[no-any-return]  # Flask-Login has no types


def _without_users_of_the_request(guard: Callable[..., Any]) -> Callable[..., Any]:
    """A guard that treats users from the request loader as not fresh, with Flask-Login's own response."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        guarded = guard(view)

        @wraps(view)
        def run(*args: Any, **kwargs: Any) -> Any:
            config, method = flask.current_app.config, flask.request.method
            if method not in flask_login.config.EXEMPT_METHODS and not config.get("LOGIN_DISABLED"):
                is_known = flask_login.current_user.is_authenticated
                if is_known and _manager().is_user_of_the_request():
                    return _manager().needs_refresh()
            return guarded(*args, **kwargs)

        return run

    return decorate


class _AttributeErrorOfTheView(Exception):
    """Wraps an AttributeError of a view: Flask-Login would take that for an error of its own."""


def _login_remembered(made: Collection[Deviation]) -> bool:
    cookie = flask.request.cookies.get(_remember_cookie_name())
    if cookie is None or flask.session.get("_remember") == "clear":
        return False
    return _decode_cookie(cookie, made) is not None
