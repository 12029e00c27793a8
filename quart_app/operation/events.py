"""Events of logins and accounts: each is one log line and one count (ASVS 16.3.1).

They are recorded by the functions that do the work, so pages, API and commands have the same events.

A line has the user's id, and for requests the address and the browser. It has no username: an entered name that does
not exist is often a password in the wrong field.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from quart import Quart, has_request_context, has_websocket_context, request, session, websocket

from compat import user_loaded_from_cookie
from quart_app.clients import describe_client
from quart_app.models.user import User

from .logs import get_logger
from .metrics import current_metrics

_log = get_logger("quart_app.events")

RESTORED = "_restored"
"""The key of the session, in its cookie for pages, that says that the restored login was recorded."""


class Event(StrEnum):
    """The kinds of events, as named in the log and in the label ``event`` of the metrics."""

    REGISTERED = "registered"
    LOGIN_SUCCEEDED = "login succeeded"
    LOGIN_FAILED = "login failed"
    LOGIN_RESTORED = "login restored"  # by a remember cookie
    REAUTHENTICATION_SUCCEEDED = "reauthentication succeeded"
    REAUTHENTICATION_FAILED = "reauthentication failed"
    THROTTLED = "throttled"
    TOKEN_RENEWED = "token renewed"  # noqa: S105 - an event, not a token
    LOGGED_OUT = "logged out"
    SESSION_ENDED = "session ended"  # from elsewhere, by its owner or an operator
    SESSIONS_ENDED = "sessions ended"
    PASSWORD_CHANGED = "password changed"  # noqa: S105 - an event, not a password
    PASSWORD_RESET_REQUESTED = "password reset requested"  # noqa: S105 - as above; whose is not looked up then
    PASSWORD_RESET = "password reset"  # noqa: S105 - as above
    EMAIL_CHANGE_REQUESTED = "email change requested"
    EMAIL_CHANGED = "email changed"
    EMAIL_CONFIRMED = "email confirmed"
    ACCOUNT_DELETED = "account deleted"
    ACCOUNT_DEACTIVATED = "account deactivated"
    ACCOUNT_ACTIVATED = "account activated"
    MAIL_SENT = "mail sent"  # accepted by the mail server, or written to a file
    MAIL_FAILED = "mail failed"  # it will be tried again
    MAIL_GIVEN_UP = "mail given up"


class Reason(StrEnum):
    """Why a login failed: for operators only, it is never sent to clients."""

    UNKNOWN = "unknown"  # there is no such user
    WRONG = "wrong"  # the password
    INACTIVE = "inactive"  # the account, or it has just been deleted
    OUTDATED = "outdated"  # the password was changed while it was checked
    PUBLISHED = "published"  # the password is that of the test users, which production refuses for every account
    DAMAGED = "damaged"  # what the database has for a hash is none that is accepted: no password will be right


def init_app(app: Quart) -> None:
    """Record logins that are restored by a remember cookie; other events are recorded where they happen."""
    user_loaded_from_cookie.connect(_record_restored_login, sender=app)


_FAILURES = frozenset(
    {
        Event.LOGIN_FAILED,
        Event.REAUTHENTICATION_FAILED,
        Event.THROTTLED,
        Event.MAIL_FAILED,
        Event.MAIL_GIVEN_UP,
    }
)


def record(
    event: Event,
    *,
    user_id: int | None = None,
    reason: Reason | None = None,
    scheme: str | None = None,
    ended: int = 0,
    mail: Mapping[str, object] | None = None,
    client: str | None = None,
    limit: str | None = None,
) -> None:
    """Log and count an event. Call it after the transaction has been committed.

    Arguments:
        event: the kind of event.
        user_id: the user; None if unknown.
        reason: why a login failed.
        scheme: which other library's hash the user has; never the hash.
        ended: the number of login sessions that it ended.
        mail: what is logged of a mail: its id and kind, and never its address or text.
        client: the browser or program, if the caller has described it; by default it is described here.
        limit: which limit was reached, as the problem type of its 429 is named.
    """
    current_metrics().count_event(event, reason=reason or "", ended=ended)
    values: dict[str, Any] = {"user_id": user_id}
    if reason is not None:
        values["reason"] = reason.value
    if limit is not None:
        values["limit"] = limit
    if scheme is not None:
        values["password_scheme"] = scheme
    if ended:
        values["sessions_ended"] = ended
    if mail is not None:
        values.update(mail)
    if has_request_context() or has_websocket_context():
        connection = request if has_request_context() else websocket
        values["address"] = connection.remote_addr
        values["client"] = describe_client(connection.headers.get("User-Agent")) if client is None else client
    (_log.warning if event in _FAILURES else _log.info)(event.value, **values)


def _record_restored_login(_app: Quart, user: User) -> None:
    """Record it once for each start of the browser: each request is restored, until the password is entered."""
    if RESTORED in session:
        return
    record(Event.LOGIN_RESTORED, user_id=user.id)
    if has_request_context():
        session[RESTORED] = True
