"""Asking the loaders: session, then remember cookie, then request loader; the first that gives a user.

What to ask, and in which order, is one generator; who drives it decides whether callbacks are awaited.
Nothing here writes anything or sends a signal.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from .callbacks import call, call_now

if TYPE_CHECKING:
    from .login_manager import LoginManager
    from .request_login import RequestLogin


class Claim(NamedTuple):
    """Who a request claims to be: the session's user id, and the remember cookie as it came."""

    user_id: Any
    cookie: str | None

    def names_somebody(self, manager: LoginManager[Any]) -> bool:
        """Whether there is anything to ask a loader of *manager*."""
        return (
            manager._request_callback is not None
            or self.cookie is not None
            or (self.user_id is not None and manager._user_callback is not None)
        )


class Source(Enum):
    """What a user was loaded from."""

    NOBODY = auto()
    SESSION = auto()
    REMEMBER_COOKIE = auto()
    REQUEST = auto()


class Outcome(NamedTuple):
    """What the loaders said of a claim.

    Attributes:
        remembered_id: the id in the remember cookie, if that gave the user.
        is_user_gone: the session's id is nobody's any more.
        error: what a loader raised; then nothing else of this means anything.
    """

    claim: Claim
    user: Any = None
    source: Source = Source.NOBODY
    remembered_id: str | None = None
    is_user_gone: bool = False
    error: Exception | None = None


_Questions = Generator[tuple[Callable[..., Any], Any], Any, Outcome]


def _questions(login: RequestLogin, claim: Claim) -> _Questions:
    user_callback = login.manager._user_callback
    request_callback = login.manager._request_callback
    is_user_gone = False

    if claim.user_id is not None and user_callback is not None:
        user = yield user_callback, claim.user_id
        if user is not None:
            return Outcome(claim, user, Source.SESSION)
        is_user_gone = True

    if claim.cookie is not None and user_callback is not None:
        remembered_id = login.auth.load_token(claim.cookie)
        if remembered_id is not None and not (is_user_gone and remembered_id == claim.user_id):
            user = yield user_callback, remembered_id
            if user is not None:
                return Outcome(claim, user, Source.REMEMBER_COOKIE, remembered_id, is_user_gone)

    if request_callback is not None:
        user = yield request_callback, login.connection
        if user is not None:
            return Outcome(claim, user, Source.REQUEST, None, is_user_gone)

    return Outcome(claim, is_user_gone=is_user_gone)


async def load(login: RequestLogin, claim: Claim) -> Outcome:
    """Ask the loaders about *claim*; what they raise is kept in the outcome."""
    questions = _questions(login, claim)
    answer: Any = None
    try:
        while True:
            callback, argument = questions.send(answer)
            answer = await call(login.app, callback, argument)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    except Exception as error:  # noqa: BLE001  # kept, and raised when the user is asked for
        return Outcome(claim, error=error)


def load_now(login: RequestLogin, claim: Claim) -> Outcome:
    """Ask the loaders about *claim* without awaiting: they must be sync.

    Raises:
        UserNotLoaded: one that would have to be asked is async.
        Exception: whatever a loader raised.
    """
    questions = _questions(login, claim)
    answer: Any = None
    while True:
        try:
            callback, argument = questions.send(answer)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome
        answer = call_now(callback, argument)
