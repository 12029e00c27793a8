"""The headers of requests and responses that operations describe.

Headers that every response of the site has, whatever it is, are not listed: Content-Type, Cache-Control, Vary, and the
security headers of ``defences/headers``. Those of one operation alone stand beside it, such as ``idempotency``'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Header:
    """A header.

    Attributes:
        name: its name.
        about: what it means; of a response header that may be missing, also when it is.
        example: a value.
        schema: what JSON Schema can say of its values.
        always: whether each response that describes it has it.
        suffix: tells it apart from another header of the same name, in the components of the document.
    """

    name: str
    about: str
    example: str | int
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})
    always: bool = False
    suffix: str = ""

    @property
    def component(self) -> str:
        """What the components of the document call it."""
        return f"{self.name}{self.suffix}"

    def as_response_header(self) -> dict[str, Any]:
        """The Header Object of a response (OpenAPI 3.1)."""
        described = {"description": self.about, "schema": {**self.schema, "examples": [self.example]}}
        return {**described, "required": True} if self.always else described

    def as_parameter(self) -> dict[str, Any]:
        """The Parameter Object of a request, which may be left out."""
        return {"name": self.name, "in": "header", "description": self.about, "schema": self.schema}


PREFER = Header(
    "Prefer",
    "handling=strict: unknown fields of the body are answered 422, and not ignored (RFC 7240).",
    "handling=strict",
)

LOCATION = Header("Location", "Where the new resource is.", "/api/v1/me", {"type": "string", "format": "uri-reference"})
LINK = Header(
    "Link",
    "The address of the next page, unless this is the last one (RFC 8288).",
    '</api/v1/sessions?cursor=AAAAAAAAAAAAAAAAAAAAAA&limit=20>; rel="next"',
)
PREFERENCE_APPLIED = Header(
    "Preference-Applied", "The handling that the request asked for, if it did.", "handling=strict"
)

_NOT_COUNTED = "It is missing where the request was not counted: refused before, or without such a limit."
RATE_LIMIT = (
    Header(
        "RateLimit-Limit",
        f"How many such requests an address may send at once. {_NOT_COUNTED}",
        30,
        {"type": "integer", "minimum": 1},
    ),
    Header(
        "RateLimit-Remaining",
        f"How many of them are left. {_NOT_COUNTED}",
        29,
        {"type": "integer", "minimum": 0},
    ),
    Header(
        "RateLimit-Reset",
        f"Seconds until all of them are left or, if none is, until the next is. {_NOT_COUNTED}",
        2,
        {"type": "integer", "minimum": 0},
    ),
)
RETRY_AFTER = Header(
    "Retry-After",
    "Seconds to wait before the request is sent again.",
    2,
    {"type": "integer", "minimum": 0},
    always=True,
)
RETRY_AFTER_IF_RUNNING = Header(
    "Retry-After",
    "Seconds to wait before the request is sent again, if one with the same Idempotency-Key is running. Then "
    "RateLimit-* are missing.",
    2,
    {"type": "integer", "minimum": 1},
    suffix="-If-Running",
)
SET_COOKIE = Header(
    "Set-Cookie",
    "The cookies of a login begin, are renewed, or end. It is missing where they stay as they are, and in responses to "
    "a bearer token.",
    "session=...; HttpOnly; Path=/; SameSite=Lax",
)
WWW_AUTHENTICATE = Header(
    "WWW-Authenticate",
    "What is missing, or wrong with the token (RFC 6750).",
    'Bearer error="invalid_token"',
    {"type": "string", "pattern": "^Bearer( |$)"},
    always=True,
)
X_REQUEST_ID = Header(
    "X-Request-ID",
    "What the log of the server calls this request: the one that was sent, or a new one.",
    "79899a5e736f4fc69d264a6a7df6ecd4",
    always=True,
)
