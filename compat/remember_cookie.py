"""The remember cookie: Quart-Auth's token and attributes, with Flask-Login's settings.

What Quart-Auth does here: ``dump_token`` and ``load_token`` sign and verify the value (see ``tokens`` for the
serializer that they are given), and ``cookie_name`` and the other attributes describe the cookie.

What it does not do, and why: its ``after_request`` would write the cookie with ``Max-Age``, where Flask-Login sends
``Expires`` alone, and would call ``warnings.warn`` for every ``Secure`` cookie behind a proxy that ends TLS. So
``write_cookie`` and ``delete_cookie`` are ours. Its settings are read once, when the extension is made; Flask-Login
reads them at each use, and so do the properties of this class. Its ``duration`` is not used: the serializer reads
``REMEMBER_COOKIE_DURATION``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from quart import Quart, Request, Response, Websocket
from quart_auth import QuartAuth

from . import config as configuration
from .errors import DurationError
from .login_settings import LoginSettings
from .tokens import RememberSerializer

#: Keeps remember tokens apart from everything else that is signed with the same key.
_SALT = "quart-flask-login remember cookie"


#: So many folders of a page are considered, and so many characters of their path: all headers together have to fit into
#: a proxy's buffer, and nginx's has 4,096 bytes.
_MOST_FOLDERS = 2
_LONGEST_FOLDER = 64


class _Setting:
    """An attribute that Quart-Auth sets once from its own settings, read from Flask-Login's at each use instead.

    Args:
        key: Flask-Login's setting.
        default: its value if the configuration does not have it.
    """

    def __init__(self, key: str, default: object) -> None:
        self._key = key
        self._default = default

    def __get__(self, auth: RememberCookie, owner: type | None = None) -> Any:
        return auth.app.config.get(self._key, self._default)

    def __set__(self, auth: RememberCookie, value: object) -> None:
        """Ignore the value that Quart-Auth sets."""


class RememberCookie(QuartAuth):
    """The Quart-Auth extension of an application, as far as it concerns the remember cookie.

    Args:
        app: the application; it can be initialised for one only.
        settings: the settings of the application's LoginManager; a later LoginManager replaces them.
    """

    cookie_name = _Setting("REMEMBER_COOKIE_NAME", configuration.COOKIE_NAME)
    cookie_domain = _Setting("REMEMBER_COOKIE_DOMAIN", None)
    cookie_path = _Setting("REMEMBER_COOKIE_PATH", "/")
    cookie_secure = _Setting("REMEMBER_COOKIE_SECURE", configuration.COOKIE_SECURE)
    cookie_http_only = _Setting("REMEMBER_COOKIE_HTTPONLY", configuration.COOKIE_HTTPONLY)
    cookie_samesite = _Setting("REMEMBER_COOKIE_SAMESITE", configuration.COOKIE_SAMESITE)
    #: Whether the server has started the application, or the log says that it has not: see ``startup``.
    is_start_known = False

    def __init__(self, app: Quart, settings: LoginSettings[Any]) -> None:
        self.app = app
        self.settings = settings
        serializer: Any = partial(RememberSerializer, app.config)
        # Not a singleton while it initialises: Quart-Auth would install a context processor that hides our user.
        super().__init__(app, mode="cookie", salt=_SALT, singleton=False, serializer_class=serializer)

    def write_cookie(self, response: Response, user_id: str, seconds: object = None) -> None:
        """Remember *user_id* for *seconds*; as configured, if that is not a duration: a session may hold any value."""
        name, attributes, expires = self.cookie_name, self._attributes(), _expiry(seconds)
        payload: Any = [user_id, seconds]  # Quart-Auth signs any JSON value
        if expires is None:
            expires, payload = configuration.expiry(configuration.remember_duration(self.app.config)), user_id
        response.set_cookie(name, self.dump_token(payload, self.app), expires=expires, **attributes)

    def delete_cookie(self, response: Response, connection: Request | Websocket) -> None:
        """Delete the cookie, with the attributes it is set with: browsers may keep it otherwise.

        The cookie may have been set with another ``REMEMBER_COOKIE_PATH``, and would log in again. So it is deleted at
        the paths of the first folders of the page, too, and of the page itself if the client sent several of this
        name. A name with ``__Host-`` has one path, by RFC 6265bis.

        A partitioned cookie is deleted without ``Partitioned`` as well: browsers keep the two apart, so a cookie from
        before the setting would log in again.
        """
        attributes = self._attributes()
        paths = [attributes["path"]]
        if not self.cookie_name.lower().startswith("__host-"):
            page = connection.root_path + connection.path
            has_several = len(connection.cookies.getlist(self.cookie_name)) > 1
            others = _paths_of_cookies(page if has_several else page[: page.rfind("/") + 1])
            paths = [*(path for path in others if path != attributes["path"]), *paths]
        for partitioned in (False, True) if attributes["partitioned"] else (False,):
            for path in paths:
                response.delete_cookie(self.cookie_name, **{**attributes, "path": path, "partitioned": partitioned})

    def _attributes(self) -> dict[str, Any]:
        return {
            "domain": self.cookie_domain,
            "path": self.cookie_path,
            "secure": self.cookie_secure,
            "httponly": self.cookie_http_only,
            "samesite": self.cookie_samesite,
            "partitioned": self._is_partitioned(),
        }

    def _is_partitioned(self) -> bool:
        """``REMEMBER_COOKIE_PARTITIONED``; as the session cookie unless that is set.

        Otherwise a remember cookie that all sites share would restore a login in each partition of the session.
        """
        config = self.app.config
        chosen = config.get("REMEMBER_COOKIE_PARTITIONED")
        return bool(config["SESSION_COOKIE_PARTITIONED"] if chosen is None else chosen)


def _expiry(seconds: object) -> datetime | None:
    """The moment *seconds* from now; None if that is not a number, or more than ``datetime`` can represent."""
    if not isinstance(seconds, int | float):
        return None
    try:
        return configuration.expiry(timedelta(seconds=seconds))
    except (ValueError, OverflowError, DurationError):  # ValueError: not a number (NaN)
        return None


def _paths_of_cookies(path: str) -> Iterator[str]:
    """The paths that a cookie sent to *path* can have (RFC 6265, section 5.1.4): ``/``, ``/a``, ``/a/``, ``/a/b``.

    Those of the application's mount are among the first.
    """
    yield "/"
    folder = ""
    for name in [part for part in path.split("/") if part][:_MOST_FOLDERS]:
        folder = f"{folder}/{name}"
        if len(folder) > _LONGEST_FOLDER:
            return
        yield folder
        if path.startswith(f"{folder}/"):
            yield f"{folder}/"
