"""Asking the loaders: session, then remember cookie, then request loader; the first that gives a user.

Nothing here writes anything or sends a signal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from .callbacks import call, call_now

if TYPE_CHECKING:
    from .login_manager import LoginManager
    from .request_login import RequestLogin

#: Who a request claims to be: the session's user id, and the remember cookie as it came.
Claim = tuple[Any, str | None]


def names_somebody(claim: Claim, manager: LoginManager[Any]) -> bool:
    """Whether there is anything in *claim* to ask a loader of *manager*."""
    if manager._request_callback is not None:
        return True
    return manager._user_callback is not None and claim != (None, None)


class Source(Enum):
    """What a user was loaded from."""

    NOBODY = auto()
    SESSION = auto()
    REMEMBER_COOKIE = auto()
    REQUEST = auto()


#: As names of this module: in Python 3.11 each look-up in the class costs more.
NOBODY, SESSION, REMEMBER_COOKIE, REQUEST = Source


class Outcome:
    """What the loaders said of a claim."""

    #: The id in the remember cookie, if that gave the user.
    remembered_id: str | None = None
    #: The session's id is nobody's any more.
    is_user_gone = False

    def __init__(self, claim: Claim, user: Any = None, source: Source = NOBODY, error: Exception | None = None) -> None:
        self.claim = claim
        self.user = user
        self.source = source
        self.error = error  #: What a loader raised; then nothing else of this means anything.


async def ask(login: RequestLogin, claim: Claim, call: Callable[..., Awaitable[Any]] = call) -> Outcome:
    """Ask the loaders about *claim*.

    Raises:
        Exception: whatever a loader raised.
    """
    manager = login.auth.manager
    user_id, cookie = claim
    load_by_id = manager._user_callback
    is_user_gone = False

    if user_id is not None and load_by_id is not None:
        user = await call(login.auth.app, load_by_id, user_id)
        if user is not None:
            return Outcome(claim, user, SESSION)
        is_user_gone = True

    outcome = Outcome(claim)
    outcome.is_user_gone = is_user_gone
    if cookie is not None and load_by_id is not None:
        remembered_id = login.auth.load_token(cookie)
        if remembered_id is not None and not (is_user_gone and remembered_id == user_id):
            outcome.user = await call(login.auth.app, load_by_id, remembered_id)
            outcome.source = REMEMBER_COOKIE
            outcome.remembered_id = remembered_id
    if outcome.user is None and manager._request_callback is not None:
        outcome.user = await call(login.auth.app, manager._request_callback, login.connection)
        outcome.source = REQUEST
    if outcome.user is None:
        outcome.source = NOBODY
    return outcome


def ask_now(login: RequestLogin, claim: Claim) -> Outcome:
    """Ask the loaders about *claim* without an event loop: they must be sync.

    Raises:
        UserNotLoaded: one that would have to be asked is async.
        Exception: whatever a loader raised.
    """
    try:
        ask(login, claim, call_now).send(None)  # nothing in it suspends, so it ends at once
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    raise AssertionError  # pragma: no cover
