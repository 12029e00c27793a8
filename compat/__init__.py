"""Flask-Login for Quart, over Quart-Auth.

Change ``from flask_login import ...`` to ``from compat import ...``, and await what Quart makes async. All
names of Flask-Login are here, and some more.
"""

from typing import Any

from .config import COOKIE_DURATION as COOKIE_DURATION
from .config import COOKIE_HTTPONLY as COOKIE_HTTPONLY
from .config import COOKIE_NAME as COOKIE_NAME
from .config import COOKIE_SAMESITE as COOKIE_SAMESITE
from .config import COOKIE_SECURE as COOKIE_SECURE
from .config import EXEMPT_METHODS as EXEMPT_METHODS
from .config import ID_ATTRIBUTE as ID_ATTRIBUTE
from .config import LOGIN_MESSAGE as LOGIN_MESSAGE
from .config import LOGIN_MESSAGE_CATEGORY as LOGIN_MESSAGE_CATEGORY
from .config import REFRESH_MESSAGE as REFRESH_MESSAGE
from .config import REFRESH_MESSAGE_CATEGORY as REFRESH_MESSAGE_CATEGORY
from .config import SESSION_KEYS as SESSION_KEYS
from .config import USE_SESSION_FOR_NEXT as USE_SESSION_FOR_NEXT
from .current import current_user as current_user
from .current import load_user as load_user
from .decorators import anonymous_required as anonymous_required
from .decorators import fresh_login_required as fresh_login_required
from .decorators import login_required as login_required
from .errors import CompatError as CompatError
from .errors import ConfigurationError as ConfigurationError
from .errors import DurationError as DurationError
from .errors import HeadersSent as HeadersSent
from .errors import IdentityConflict as IdentityConflict
from .errors import LoaderFailed as LoaderFailed
from .errors import MissingLoader as MissingLoader
from .errors import NoCurrentUser as NoCurrentUser
from .errors import NotInitialised as NotInitialised
from .errors import UnsupportedEventLoop as UnsupportedEventLoop
from .errors import UserContractError as UserContractError
from .errors import UserNotLoaded as UserNotLoaded
from .errors import UserNotSaved as UserNotSaved
from .errors import WebsocketIsReadOnly as WebsocketIsReadOnly
from .guard import login_exempt as login_exempt
from .guard import login_guard as login_guard
from .login import confirm_login as confirm_login
from .login import login_fresh as login_fresh
from .login import login_remembered as login_remembered
from .login import login_user as login_user
from .login import logout_user as logout_user
from .login_manager import LoginManager as LoginManager
from .mixins import AnonymousUserMixin as AnonymousUserMixin
from .mixins import UserMixin as UserMixin
from .redirects import expand_login_view as expand_login_view
from .redirects import login_url as login_url
from .redirects import make_next_param as make_next_param
from .redirects import safe_next_url as safe_next_url
from .redirects import set_login_view as set_login_view
from .scopes import load_user_from_scope as load_user_from_scope
from .signals import session_protected as session_protected
from .signals import user_accessed as user_accessed
from .signals import user_loaded as user_loaded
from .signals import user_loaded_from_cookie as user_loaded_from_cookie
from .signals import user_loaded_from_request as user_loaded_from_request
from .signals import user_logged_in as user_logged_in
from .signals import user_logged_out as user_logged_out
from .signals import user_login_confirmed as user_login_confirmed
from .signals import user_needs_refresh as user_needs_refresh
from .signals import user_unauthorized as user_unauthorized
from .testing import FlaskLoginClient as FlaskLoginClient
from .testing import LoginClient as LoginClient
from .tokens import decode_cookie as decode_cookie
from .tokens import encode_cookie as encode_cookie

__all__ = [
    "COOKIE_DURATION",
    "COOKIE_HTTPONLY",
    "COOKIE_NAME",
    "COOKIE_SAMESITE",
    "COOKIE_SECURE",
    "EXEMPT_METHODS",
    "ID_ATTRIBUTE",
    "LOGIN_MESSAGE",
    "LOGIN_MESSAGE_CATEGORY",
    "REFRESH_MESSAGE",
    "REFRESH_MESSAGE_CATEGORY",
    "SESSION_KEYS",
    "USE_SESSION_FOR_NEXT",
    "AnonymousUserMixin",
    "CompatError",
    "ConfigurationError",
    "DurationError",
    "FlaskLoginClient",
    "HeadersSent",
    "IdentityConflict",
    "LoaderFailed",
    "LoginClient",
    "LoginManager",
    "MissingLoader",
    "NoCurrentUser",
    "NotInitialised",
    "UnsupportedEventLoop",
    "UserContractError",
    "UserMixin",
    "UserNotLoaded",
    "UserNotSaved",
    "WebsocketIsReadOnly",
    "anonymous_required",
    "confirm_login",
    "current_user",
    "decode_cookie",
    "encode_cookie",
    "expand_login_view",
    "fresh_login_required",
    "load_user",
    "load_user_from_scope",
    "login_exempt",
    "login_fresh",
    "login_guard",
    "login_remembered",
    "login_required",
    "login_url",
    "login_user",
    "logout_user",
    "make_next_param",
    "safe_next_url",
    "session_protected",
    "set_login_view",
    "user_accessed",
    "user_loaded",
    "user_loaded_from_cookie",
    "user_loaded_from_request",
    "user_logged_in",
    "user_logged_out",
    "user_login_confirmed",
    "user_needs_refresh",
    "user_unauthorized",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        import warnings

        from .__about__ import __version__

        warnings.warn(
            'compat.__version__ is deprecated, as in Flask-Login: use importlib.metadata.version("quart-flask-login").',
            DeprecationWarning,
            stacklevel=2,
        )
        return __version__
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
