"""Problem details (RFC 9457): errors of the API as ``application/problem+json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

from quart import Response, url_for
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable, TooManyRequests

from quart_app.database.faults import OutcomeUnknown

PROBLEM_JSON = "application/problem+json"


class ProblemType(NamedTuple):
    """A type of problem that a program can tell apart from others with the same status."""

    name: str
    status: int
    title: str
    advice: str


BODY_UNREADABLE = ProblemType(
    "body-unreadable", 400, "Not readable as JSON", "Send one JSON object, in UTF-8, with each name once."
)
FIELDS_INVALID = ProblemType(
    "fields-invalid", 400, "Fields are missing or wrong", "See errors: each has a JSON pointer and a sentence."
)
FIELDS_UNKNOWN = ProblemType(
    "fields-unknown", 422, "Unknown fields", "Leave out those in errors, or do not send Prefer: handling=strict."
)
LOGIN_REQUIRED = ProblemType("login-required", 401, "Login required", "Send a session cookie or a bearer token.")
TOKEN_INVALID = ProblemType(
    "token-invalid", 401, "Bearer token invalid", "It has expired, was ended, or was not issued here. Log in again."
)
LOGIN_STALE = ProblemType(
    "login-stale",
    401,
    "Fresh login required",
    "For this, log in by name and password to get cookies, or use a bearer token. Remembered logins will not do.",
)
CREDENTIALS_WRONG = ProblemType(
    "credentials-wrong", 401, "Invalid username or password", "Whether there is such an account is not said."
)
PASSWORD_WRONG = ProblemType(
    "password-wrong",
    403,
    "Current password wrong",
    "Nothing was changed. Send the password with which the user logs in.",
)
LINK_INVALID = ProblemType(
    "link-invalid",
    404,
    "Invalid token of a mail",
    "It has expired, was used or ended, or was not sent from here. Nothing was changed. Ask for another mail.",
)
NAME_TAKEN = ProblemType(
    "name-taken", 409, "Username or email address taken", "See errors for which of them. Choose another."
)
ADDRESS_LIMITED = ProblemType(
    "address-limited",
    429,
    "Too many requests from this network address",
    "Passwords and registrations are counted by network address. Send fewer, and wait Retry-After seconds.",
)
ATTEMPTS_USED_UP = ProblemType(
    "attempts-used-up",
    429,
    "Too many wrong passwords",
    "For this name, browser or login no password is checked for Retry-After seconds, not even the right one: ask the "
    "user. Requests for other names go on.",
)
MAILS_USED_UP = ProblemType(
    "mails-used-up",
    429,
    "Too many mails to this user",
    "None was sent now. Look for those that were sent, or wait Retry-After seconds.",
)
LOGINS_AT_ONCE = ProblemType(
    "logins-at-once",
    429,
    "Too many passwords for one account at once",
    "Nothing was checked or counted. Log in once and keep the token, or send one password after the other.",
)
TOO_MANY_SOCKETS = ProblemType(
    "too-many-sockets", 429, "Too many websockets of this user", "Close one before you open another."
)
PASSWORDS_BUSY = ProblemType(
    "passwords-busy",
    503,
    "Too many passwords are being checked",
    "The server is busy. Nothing was changed or counted; send the same request again after Retry-After seconds.",
)
UNAVAILABLE = ProblemType(
    "unavailable",
    503,
    "Temporarily unavailable",
    "Nothing was changed. Wait Retry-After seconds, and send the request again.",
)
OUTCOME_UNKNOWN = ProblemType(
    "outcome-unknown",
    503,
    "Outcome unknown",
    "The database was lost while it saved the change, which was made or was not. The operation says how to find out.",
)
KEY_IN_USE = ProblemType(
    "idempotency-key-in-use",
    409,
    "Request still running",
    "One with this Idempotency-Key is: wait Retry-After seconds, and send it again.",
)
KEY_USED = ProblemType(
    "idempotency-key-used",
    422,
    "Idempotency-Key used",
    "Another request had it. Send each with a key of its own.",
)

#: All types, for the documentation. Other problems have the type ``about:blank``: their status says everything.
PROBLEM_TYPES = (
    BODY_UNREADABLE,
    FIELDS_INVALID,
    FIELDS_UNKNOWN,
    LOGIN_REQUIRED,
    TOKEN_INVALID,
    LOGIN_STALE,
    CREDENTIALS_WRONG,
    PASSWORD_WRONG,
    LINK_INVALID,
    NAME_TAKEN,
    ADDRESS_LIMITED,
    ATTEMPTS_USED_UP,
    MAILS_USED_UP,
    LOGINS_AT_ONCE,
    TOO_MANY_SOCKETS,
    PASSWORDS_BUSY,
    UNAVAILABLE,
    OUTCOME_UNKNOWN,
    KEY_IN_USE,
    KEY_USED,
)


class FieldError(NamedTuple):
    """An error in one field of the body."""

    pointer: str
    message: str

    @classmethod
    def at(cls, path: Iterable[int | str], message: str) -> FieldError:
        """An error at a path of names and indexes in the body; the pointer is a URI fragment (RFC 6901, section 6)."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
        return cls("#" + "".join(f"/{step}" for step in steps), message)


class TypedError(HTTPException):
    """An error with one of these types.

    Attributes:
        kind: its type.
    """

    kind: ProblemType


class LimitReached(TypedError, TooManyRequests):
    """A limit was reached: 429, with the type that tells which, and the seconds to wait.

    Arguments:
        kind: its type.
        description: what to do; None is the advice of the type.
        retry_after: seconds until a request is allowed again.
        limit: how many requests a rate allows. ``RateLimit-*`` is then about this rate, and its reset is the time in
            ``Retry-After``. None if the limit is not a rate.
    """

    def __init__(
        self, kind: ProblemType, description: str | None = None, *, retry_after: int, limit: int | None = None
    ) -> None:
        super().__init__(description or kind.advice, retry_after=retry_after)
        self.kind = kind
        self.limit_headers = {"Retry-After": str(retry_after)}
        if limit is not None:
            self.limit_headers |= {
                "RateLimit-Limit": str(limit),
                "RateLimit-Remaining": "0",
                "RateLimit-Reset": str(retry_after),
            }

    def get_headers(self, *_: Any) -> list[tuple[str, str]]:
        """The headers of the response, apart from those of the body."""
        return list(self.limit_headers.items())


class Problem(TypedError):
    """An error of a request to the API.

    Arguments:
        kind: its type.
        errors: the errors in fields.
        challenge: the parameters of ``WWW-Authenticate``, which each 401 must have (RFC 9110, 15.5.2).
        retry_after: seconds until the request is worth sending again; None if it is not.
    """

    def __init__(
        self,
        kind: ProblemType,
        *,
        errors: Iterable[FieldError] = (),
        challenge: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(kind.advice)
        self.code = kind.status
        self.kind = kind
        self.errors = tuple(errors)
        self._headers: list[tuple[str, str]] = []
        if self.code == HTTPStatus.UNAUTHORIZED:
            self._headers.append(("WWW-Authenticate", f"Bearer {challenge}".rstrip()))
        if retry_after is not None:
            self._headers.append(("Retry-After", str(retry_after)))

    def get_headers(self, *_: Any) -> list[tuple[str, str]]:
        """The headers of the response, apart from those of the body."""
        return self._headers


def login_required_problem(*, bad_token: bool) -> Problem:
    """The problem for a request without a login, or with an invalid bearer token (RFC 6750, section 3.1)."""
    return Problem(TOKEN_INVALID, challenge='error="invalid_token"') if bad_token else Problem(LOGIN_REQUIRED)


def stale_login_problem() -> Problem:
    """The problem for a user who has to enter the password again: step-up authentication (RFC 9470, section 3)."""
    return Problem(LOGIN_STALE, challenge='error="insufficient_user_authentication"')


def _kind_of(error: HTTPException) -> ProblemType | None:
    if isinstance(error, TypedError):
        return error.kind
    if isinstance(error, OutcomeUnknown):
        return OUTCOME_UNKNOWN
    # All others are raised before anything is changed: a full queue, or a database that does not answer.
    return UNAVAILABLE if isinstance(error, ServiceUnavailable) else None


def problem_response(error: HTTPException) -> Response:
    """Any error as problem details, with its status and headers. The input is not repeated."""
    code = error.code or InternalServerError.code
    body: dict[str, object] = {"type": "about:blank", "title": error.name, "status": code}
    if kind := _kind_of(error):
        body["type"] = url_for("api.documentation", _anchor=kind.name)
        body["title"] = kind.title
    if error.description is not None and error.description != type(error).description:
        body["detail"] = error.description  # Werkzeug's default texts are for people at a browser
    if isinstance(error, Problem) and error.errors:
        body["errors"] = [field._asdict() for field in error.errors]
    response = Response(json.dumps(body), status=code, content_type=PROBLEM_JSON)
    for name, value in error.get_headers():
        if name.lower() != "content-type":
            response.headers[name] = value
    return response
