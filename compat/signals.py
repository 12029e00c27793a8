"""Signals: the moments of a login, with Flask-Login's names, senders and arguments.

The sender is the application. Sync receivers are called at the moment itself. Async receivers cannot
be: they are called, in order, when the view is done and before the response is sent, so what they write to
the session is kept; in a websocket, at once and in the background.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from blinker import NamedSignal, Namespace

if TYPE_CHECKING:
    from .request_login import RequestLogin

_signals = Namespace()

#: Somebody has logged in: ``user``.
user_logged_in = _signals.signal("logged-in")
#: Somebody has logged out: ``user``, the anonymous one if nobody was logged in.
user_logged_out = _signals.signal("logged-out")
#: The remember cookie has logged somebody in: ``user``.
user_loaded_from_cookie = _signals.signal("loaded-from-cookie")
#: The request loader has found somebody: ``user``.
user_loaded_from_request = _signals.signal("loaded-from-request")
#: ``confirm_login`` has made the login fresh.
user_login_confirmed = _signals.signal("login-confirmed")
#: ``LoginManager.unauthorized`` was called.
user_unauthorized = _signals.signal("unauthorized")
#: ``LoginManager.needs_refresh`` was called.
user_needs_refresh = _signals.signal("needs-refresh")
#: The user was asked for, for the first time in this request.
user_accessed = _signals.signal("accessed")
#: Session protection has marked the login stale, or ended it.
session_protected = _signals.signal("session-protected")
#: A user was loaded, whatever from: ``user``. Not in Flask-Login; sent after the signal that tells the source.
user_loaded = _signals.signal("loaded")


def send(signal: NamedSignal, login: RequestLogin, **arguments: Any) -> None:
    """Call the sync receivers of *signal* now, and leave the async ones to the end of the request."""
    if not signal.receivers:
        return

    def postpone(receiver: Callable[..., Awaitable[Any]]) -> Callable[..., None]:
        return partial(login.postpone, receiver)

    for _, result in signal.send(login.auth.app, _async_wrapper=postpone, **arguments):
        if isawaitable(result):  # of a receiver that does not look async
            login.postpone(lambda result=result: result)
