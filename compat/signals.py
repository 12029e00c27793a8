"""Signals: the moments of a login, with Flask-Login's names, senders and arguments.

The sender is the application. Sync receivers are called at the moment itself. Async receivers cannot be: they are
awaited in order after the view and before the response is sent, so what they write to the session is kept. In a
websocket they run at once, in the background.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import copy_context
from functools import partial
from inspect import isawaitable
from typing import Any

from blinker import NamedSignal, Namespace

from .request_login import RequestLogin
from .runtime import call_soon, kept_connection, running_loop

_signals = Namespace()

#: A user has logged in: ``user``.
user_logged_in = _signals.signal("logged-in")
#: A user has logged out: ``user``, the anonymous one if nobody was logged in.
user_logged_out = _signals.signal("logged-out")
#: The remember cookie has logged a user in: ``user``.
user_loaded_from_cookie = _signals.signal("loaded-from-cookie")
#: The request loader has found a user: ``user``.
user_loaded_from_request = _signals.signal("loaded-from-request")
#: ``confirm_login`` has made the login fresh.
user_login_confirmed = _signals.signal("login-confirmed")
#: ``LoginManager.unauthorized`` was called.
user_unauthorized = _signals.signal("unauthorized")
#: ``LoginManager.needs_refresh`` was called.
user_needs_refresh = _signals.signal("needs-refresh")
#: The user was accessed for the first time in this request.
user_accessed = _signals.signal("accessed")
#: Session protection has marked the login stale, or ended it.
session_protected = _signals.signal("session-protected")
#: A user was loaded from any source: ``user``. Not in Flask-Login; sent after the signal of the source.
user_loaded = _signals.signal("loaded")


def send(signal: NamedSignal, login: RequestLogin, **arguments: Any) -> None:
    """Call the sync receivers of *signal* now, and postpone the async ones to the end of the request."""
    if not signal.receivers:
        return

    def postpone_receiver(receiver: Callable[..., Awaitable[Any]]) -> Callable[..., None]:
        return partial(_postpone, login, receiver)

    for _, result in signal.send(login.app, _async_wrapper=postpone_receiver, **arguments):
        if isawaitable(result):  # from a receiver that does not look async
            _postpone(login, lambda result=result: result)


async def deliver(login: RequestLogin) -> None:
    """Await the receivers that were postponed, and those that are postponed meanwhile."""
    while login.postponed:
        await login.postponed.pop(0)()


def call_at_once(login: RequestLogin) -> None:
    """Call async receivers of a websocket at once, in the background: from now on, and those that wait already."""
    login.loop = running_loop()
    for receiver in login.postponed or ():
        _start(login, receiver)
    login.postponed = None


def _start(login: RequestLogin, receiver: Callable[[], Awaitable[Any]]) -> None:
    """Call *receiver* in the background, with the request or websocket that it hears of as the current one."""
    connection = kept_connection()

    async def run() -> None:
        with connection:
            await receiver()

    call_soon(login.loop, partial(copy_context().run, login.app.add_background_task, run))


def _postpone(login: RequestLogin, receiver: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> None:
    """Call *receiver* at the end of this request; if that has passed, at once and in the background.

    A websocket has no such end: when its client disconnects, no code of ours runs any more.
    """
    call = partial(receiver, *args, **kwargs)
    if login.loop is None:
        login.postponed = [*(login.postponed or ()), call]
    else:
        _start(login, call)
