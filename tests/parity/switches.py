"""The configuration of the tested application: all settings, with Flask-Login's defaults."""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Final

from benchmarks.comparison.signing import OLD_SECRET, SECRET

from .shared_sessions import SharedSessions

#: Stands for "the configuration does not mention it".
UNSET: Final = "unset"


@dataclass(frozen=True, repr=False)
class Switches:
    """One configuration, used for both sides of a comparison."""

    protection: str | None = UNSET
    cookie_name: str = UNSET
    cookie_domain: str | None = None
    cookie_path: str = UNSET
    cookie_secure: bool = False
    cookie_httponly: bool = True
    cookie_samesite: str | None = None
    cookie_duration: timedelta | int | None = None
    refresh_each_request: bool = False
    #: SECRET_KEY was changed, and the old one is among SECRET_KEY_FALLBACKS.
    key_changed: bool = False
    use_session_for_next: bool = False
    force_host: str | None = None
    login_disabled: bool = False
    #: An endpoint or a URL; None leaves the view unset.
    login_view: str | None = "login_page"
    refresh_view: str | None = "refresh_page"
    login_message: str | None = UNSET
    localize: bool = False
    unauthorized_handler: bool = False
    needs_refresh_handler: bool = False
    user_loader: bool = True
    request_loader: bool = False
    id_attribute: str = UNSET
    custom_anonymous: bool = False
    error_pages: bool = False
    #: A hook of the application that looks at the user: "before" or "after" Flask-Login's own was registered.
    looking_before_request: str | None = None
    looking_after_request: str | None = None
    #: Signal receivers look at the user, where Flask-Login lets them.
    looking_receivers: bool = False
    #: The format of compat's remember cookie; "flask-login" makes the values comparable letter by letter.
    issue: str = "flask-login"
    #: How the application is written on Quart; Flask has one way only.
    async_views: bool = True
    async_callbacks: bool = True
    #: Where the sessions are; None for Quart's and Flask's own, which are cookies.
    sessions: SharedSessions | None = None

    def __repr__(self) -> str:
        """The values that differ from the defaults, in a form that can be pasted into a story."""
        chosen = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        return f"Switches({', '.join(f'{name}={value!r}' for name, value, default in chosen if value != default)})"

    @property
    def remember_cookie(self) -> str:
        """The name of the remember cookie."""
        return "remember_token" if self.cookie_name == UNSET else self.cookie_name

    def config(self) -> dict[str, Any]:
        """The configuration keys that both libraries read."""
        keys: dict[str, Any] = {
            "SECRET_KEY": SECRET,
            "SECRET_KEY_FALLBACKS": [OLD_SECRET] if self.key_changed else None,
            "PROPAGATE_EXCEPTIONS": False,
            "REMEMBER_COOKIE_DOMAIN": self.cookie_domain,
            "REMEMBER_COOKIE_SECURE": self.cookie_secure,
            "REMEMBER_COOKIE_HTTPONLY": self.cookie_httponly,
            "REMEMBER_COOKIE_SAMESITE": self.cookie_samesite,
            "REMEMBER_COOKIE_REFRESH_EACH_REQUEST": self.refresh_each_request,
            "USE_SESSION_FOR_NEXT": self.use_session_for_next,
            "FORCE_HOST_FOR_REDIRECTS": self.force_host,
            "LOGIN_DISABLED": self.login_disabled,
        }
        if self.protection != UNSET:
            keys["SESSION_PROTECTION"] = self.protection
        if self.cookie_name != UNSET:
            keys["REMEMBER_COOKIE_NAME"] = self.cookie_name
        if self.cookie_path != UNSET:
            keys["REMEMBER_COOKIE_PATH"] = self.cookie_path
        if self.cookie_duration is not None:
            keys["REMEMBER_COOKIE_DURATION"] = self.cookie_duration
        return keys
