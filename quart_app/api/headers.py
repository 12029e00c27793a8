"""The headers of requests and responses that an operation describes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Header:
    """A header.

    Attributes:
        name: its name.
        about: what it means.
        example: a value.
        schema: what JSON Schema can say of its values.
    """

    name: str
    about: str
    example: str
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})

    def as_response_header(self) -> dict[str, Any]:
        """The Header Object of a response (OpenAPI 3.1)."""
        return {"description": self.about, "schema": self.schema, "example": self.example}

    def as_parameter(self) -> dict[str, Any]:
        """The Parameter Object of a request, which may be left out."""
        return {"name": self.name, "in": "header", "description": self.about, "schema": self.schema}


LOCATION = Header("Location", "Where the new resource is.", "/api/v1/me", {"type": "string", "format": "uri-reference"})
LINK = Header(
    "Link",
    "The address of the next page, unless this is the last one (RFC 8288).",
    '</api/v1/sessions?cursor=AAAAAAAAAAAAAAAAAAAAAA&limit=20>; rel="next"',
)
PREFER = Header(
    "Prefer",
    "handling=strict: unknown fields of the body are answered 422, and not ignored (RFC 7240).",
    "handling=strict",
)
PREFERENCE_APPLIED = Header(
    "Preference-Applied", "The handling that the request asked for, if it did.", "handling=strict"
)
