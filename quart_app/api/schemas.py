"""Requests and responses as Pydantic models.

The rules for names and passwords are those of the forms; JSON Schema repeats as much of them as it can express.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic.json_schema import SkipJsonSchema

from quart_app.accounts.login import current_user
from quart_app.accounts.name_rules import (
    SESSION_NAME_PATTERN,
    USERNAME_PATTERN,
    check_email,
    check_session_name,
    check_username,
)
from quart_app.accounts.password_rules import PASSWORD_MAX, PASSWORD_MIN, check_new_password, normalize_password
from quart_app.errors.problems import PROBLEM_TYPES
from quart_app.models.login_session import SESSION_NAME_MAX, LoginSession
from quart_app.models.user import EMAIL_MAX, USERNAME_MAX, User
from quart_app.sessions.cursors import CURSOR_LENGTH
from quart_app.sessions.limits import current_limits

SESSIONS_PER_PAGE = 100

KindName = Literal["session", "remembered", "bearer"]


class _Input(BaseModel):
    """Unknown fields are ignored, and no error message repeats the input, which may hold passwords."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


def _check_length(password: SecretStr) -> SecretStr:
    if not 1 <= len(normalize_password(password.get_secret_value())) <= PASSWORD_MAX:
        raise ValueError(f"Field must be between 1 and {PASSWORD_MAX} characters long.")
    return password


Password = Annotated[
    SecretStr,
    Field(json_schema_extra={"minLength": 1, "maxLength": PASSWORD_MAX}, examples=["correct horse battery"]),
    AfterValidator(_check_length),
]
NewPassword = Annotated[
    SecretStr,
    Field(
        description="Neither a common password, nor made of the name or the address.",
        json_schema_extra={"minLength": PASSWORD_MIN, "maxLength": PASSWORD_MAX},
        examples=["a fine day for a walk"],
    ),
]


EmailAddress = Annotated[
    str,
    Field(json_schema_extra={"format": "email", "maxLength": EMAIL_MAX}, examples=["susan@example.com"]),
    AfterValidator(check_email),
]


class Registration(_Input):
    """Who wants an account."""

    username: Annotated[
        str,
        Field(
            description="Visible characters and letters of one common alphabet, without @. Case makes no difference.",
            json_schema_extra={"minLength": 1, "maxLength": USERNAME_MAX, "pattern": USERNAME_PATTERN},
            examples=["susan"],
        ),
        AfterValidator(check_username),
    ]
    email: EmailAddress
    password: NewPassword

    @field_validator("password")
    @classmethod
    def _check_password(cls, password: SecretStr, others: ValidationInfo) -> SecretStr:
        # A name that is wrong itself is not among the others.
        username, email = (others.data.get(name, "") for name in ("username", "email"))
        check_new_password(password.get_secret_value(), username=username, email=email)
        return password


def _no_default(schema: dict[str, Any]) -> None:
    """What is left out has no default that could be sent instead."""
    schema.pop("default", None)


def _a_name(schema: dict[str, Any]) -> None:
    _no_default(schema)
    schema |= {"minLength": 1, "pattern": SESSION_NAME_PATTERN}


class Credentials(_Input):
    """Who wants to log in, and how."""

    username: Annotated[
        str,
        Field(
            description="The username or the email address.",
            min_length=1,
            max_length=max(USERNAME_MAX, EMAIL_MAX),
            examples=["susan"],
        ),
    ]
    password: Password
    kind: Annotated[
        KindName,
        Field(
            description="session: a cookie, until the browser is closed. remembered: cookies that outlive it. "
            "bearer: a token to send with each request, and no cookie.",
            examples=["bearer"],
        ),
    ] = "session"
    name: Annotated[
        str,
        Field(
            description="What to call this login in the list of logins.",
            max_length=SESSION_NAME_MAX,
            json_schema_extra=_a_name,
            examples=["backup of the notes"],
        ),
        AfterValidator(check_session_name),
    ] = ""


class PasswordChange(_Input):
    """The current password, and the new one."""

    current_password: Password
    new_password: NewPassword

    @field_validator("new_password")
    @classmethod
    def _check_password(cls, password: SecretStr) -> SecretStr:
        check_new_password(password.get_secret_value(), username=current_user.username, email=current_user.email)
        return password


class EmailChange(_Input):
    """The new email address, and the password that there is."""

    email: EmailAddress
    current_password: Password


class PasswordResetRequest(_Input):
    """The address of the account whose password is forgotten."""

    email: EmailAddress
    next: Annotated[
        str,
        Field(
            description="The path of a page of this site, to which the login leads afterwards. Others are left out.",
            json_schema_extra=_no_default,
            examples=["/account"],
        ),
    ] = ""


LinkToken = Annotated[
    SecretStr,
    Field(
        description="The `token` of the link.",
        examples=["E0jW3cXkq1sWv6pBq2m9Z8vYt4rLx7uNf5hGd0aSc1M"],
    ),
]


class NewPasswordByLink(_Input):
    """The token of a mail to set a password, and the password."""

    token: LinkToken
    password: NewPassword


class EmailConfirmation(_Input):
    """The token of a mail to confirm an address."""

    token: LinkToken


class AccountDeletion(_Input):
    """What proves that the user wants it: the password."""

    current_password: Password


_UriReference = Annotated[str, Field(json_schema_extra={"format": "uri-reference"})]


class Index(BaseModel):
    """The addresses of the API."""

    description: Annotated[_UriReference, Field(description="The OpenAPI document.", examples=["/api/v1/openapi.json"])]
    documentation: Annotated[_UriReference, Field(description="The same for people.", examples=["/api/v1/docs"])]
    users: Annotated[_UriReference, Field(description="Register here: POST.", examples=["/api/v1/users"])]
    sessions: Annotated[_UriReference, Field(description="Log in here: POST.", examples=["/api/v1/sessions"])]
    current_session: Annotated[
        _UriReference, Field(description="The login of a request.", examples=["/api/v1/sessions/current"])
    ]
    current_user: Annotated[_UriReference, Field(description="The account of a request.", examples=["/api/v1/me"])]
    websocket: Annotated[
        str,
        Field(
            description="Who is online, as a websocket.",
            json_schema_extra={"format": "uri"},
            examples=["wss://example.com/live/ws"],
        ),
    ]
    websocket_description: Annotated[
        _UriReference, Field(description="Its AsyncAPI document.", examples=["/api/v1/asyncapi.json"])
    ]


class UserAccount(BaseModel):
    """The account of the current user."""

    username: str
    email: str
    email_confirmed: Annotated[
        bool, Field(description="Whether the address is confirmed: by a link in a mail, or by an operator.")
    ]
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        """What is told of a user."""
        return cls(
            username=user.username,
            email=user.email,
            email_confirmed=user.email_confirmed_at is not None,
            created_at=user.created_at,
        )


class Session(BaseModel):
    """One login: a browser or a program that is logged in."""

    id: UUID
    kind: KindName
    name: Annotated[str | None, Field(description="What the login was called when it began.")]
    client: Annotated[
        str,
        Field(
            description="Browser and system, or the product of a program, as its User-Agent said at login.",
            examples=["Firefox on Linux", "python-httpx 0.28.1"],
        ),
    ]
    address: Annotated[str, Field(description="Where it logged in from.", examples=["192.0.2.7"])]
    created_at: datetime
    last_seen_at: Annotated[datetime, Field(description="When it was last used, to the minute.")]
    expires_at: Annotated[datetime, Field(description="When it ends at the latest. Unused it may end before.")]
    current: Annotated[bool, Field(description="Whether this request came with it.")]

    @classmethod
    def of(cls, row: LoginSession, *, current: bool) -> Self:
        """What is told of a login session: not its handle."""
        return cls(
            id=row.public_id,
            kind=row.kind.value,
            name=row.name,
            client=row.client,
            address=row.address,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=current_limits().end_of(row),
            current=current,
        )


def _integer(value: object) -> object:
    """Refuse texts that Pydantic takes for an integer, and the description of the API does not: ``1.0``, ``1_0``."""
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError("Send digits only.")
    return value


class SessionQuery(_Input):
    """Which page of the logins."""

    cursor: Annotated[
        Annotated[str, Field(min_length=CURSOR_LENGTH, max_length=CURSOR_LENGTH)] | SkipJsonSchema[None],
        Field(description="Where the page begins: the `next` of the page before.", json_schema_extra=_no_default),
    ] = None
    limit: Annotated[
        int,
        Field(description="Logins of a page at most.", ge=1, le=SESSIONS_PER_PAGE),
        BeforeValidator(_integer),
    ] = SESSIONS_PER_PAGE


class SessionList(BaseModel):
    """A page of the user's logins, the newest first. It may hold fewer than `limit`, and others follow."""

    sessions: list[Session]
    next: Annotated[str | None, Field(description="The `cursor` of the next page; null on the last one.")]


class NewSession(BaseModel):
    """A login that has just begun."""

    session: Session
    token: Annotated[
        str | None,
        Field(description="For kind bearer: send it as `Authorization: Bearer …`. It is shown only once, here."),
    ]


class RenewedSession(BaseModel):
    """The login of this request, with another token."""

    session: Session
    token: Annotated[str, Field(description="The token from now on. It is shown only once, here.")]


class ProblemField(BaseModel):
    """What is wrong with one field."""

    pointer: Annotated[str, Field(description="Where it is in the body (RFC 6901).", examples=["#/username"])]
    message: str


class ProblemDetails(BaseModel):
    """A problem (RFC 9457)."""

    type: Annotated[
        str,
        Field(
            description="Where it is described, or about:blank if the status says it all. After `#` it has the name: "
            + ", ".join(f"{kind.name} ({kind.status})" for kind in PROBLEM_TYPES)
            + ".",
            examples=["/api/v1/docs#name-taken"],
        ),
    ]
    title: str
    status: int
    detail: Annotated[str | None, Field(description="What to do about it.")] = None
    errors: Annotated[list[ProblemField] | None, Field(description="Where fields are wrong: which.")] = None
