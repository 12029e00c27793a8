"""What happens to logins and accounts, each thing once: a line in the log and a count (ASVS 16.3.1).

Recorded where it is done and not where it is asked for, so pages, API and command line have the same events.

A line has the user's id, and the address and browser it came from, if it came from a request. It has no name: what
is entered as a name and nobody has is a mistake, not seldom the password in the wrong field.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from quart import Quart, has_request_context, has_websocket_context, request, websocket

from compat import user_loaded_from_cookie
from quart_app.clients import describe_client
from quart_app.models.user import User

from .logs import get_logger
from .metrics import current_metrics

_log = get_logger("quart_app.events")


class Event(StrEnum):
    """What can happen, in the words of the log and of the label ``event`` in the metrics."""

    REGISTERED = "registered"
    LOGIN_SUCCEEDED = "login succeeded"
    LOGIN_FAILED = "login failed"
    LOGIN_RESTORED = "login restored"  # by a remember cookie
    REAUTHENTICATION_SUCCEEDED = "reauthentication succeeded"
    REAUTHENTICATION_FAILED = "reauthentication failed"
    THROTTLED = "throttled"
    LOGGED_OUT = "logged out"
    SESSION_ENDED = "session ended"  # from elsewhere, by its owner or an operator
    SESSIONS_ENDED = "sessions ended"
    PASSWORD_CHANGED = "password changed"  # noqa: S105 - an event, not a password
    EMAIL_CHANGED = "email changed"
    ACCOUNT_DELETED = "account deleted"
    ACCOUNT_DEACTIVATED = "account deactivated"
    ACCOUNT_ACTIVATED = "account activated"


class Reason(StrEnum):
    """Why a login failed. For the operator: clients are told nothing of it."""

    UNKNOWN = "unknown"  # there is no such user
    WRONG = "wrong"  # the password
    INACTIVE = "inactive"  # the account, or it has just been deleted
    OUTDATED = "outdated"  # the password was changed while it was checked
    PUBLISHED = "published"  # the password is that of the test users, which production refuses for every account
    DAMAGED = "damaged"  # what the database has for a hash is none: no password will be right


def init_app(app: Quart) -> None:
    """Record the logins that remember cookies bring back; all others pass through functions of ours."""
    user_loaded_from_cookie.connect(_record_restored_login, sender=app)


_FAILURES = frozenset({Event.LOGIN_FAILED, Event.REAUTHENTICATION_FAILED, Event.THROTTLED})


def record(event: Event, *, user_id: int | None = None, reason: Reason | None = None, ended: int = 0) -> None:
    """Write down that something has happened; to be called once it cannot be undone any more.

    Arguments:
        event: what.
        user_id: to whom; None if nobody knows.
        reason: why, where it failed.
        ended: how many login sessions it has ended.
    """
    current_metrics().count_event(event, reason=reason or "", ended=ended)
    values: dict[str, Any] = {"user_id": user_id}
    if reason is not None:
        values["reason"] = reason.value
    if ended:
        values["sessions_ended"] = ended
    if has_request_context() or has_websocket_context():
        connection = request if has_request_context() else websocket
        values["address"] = connection.remote_addr
        values["client"] = describe_client(connection.headers.get("User-Agent"))
    (_log.warning if event in _FAILURES else _log.info)(event.value, **values)


def _record_restored_login(_app: Quart, user: User) -> None:
    record(Event.LOGIN_RESTORED, user_id=user.id)
