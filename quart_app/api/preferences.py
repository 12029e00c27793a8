"""Preferences of a request (RFC 7240): ``Prefer: handling=strict`` has unknown fields refused instead of ignored.

``handling=lenient`` is what happens anyway. Other preferences are ignored, as the RFC wants it.
"""

from __future__ import annotations

from http import HTTPStatus

from quart import Response, after_this_request, request
from werkzeug.http import parse_list_header
from werkzeug.wrappers import Response as WerkzeugResponse

_HANDLINGS = frozenset({"strict", "lenient"})


def is_strict() -> bool:
    """Whether this request prefers strict handling. A success says which handling was applied, if one was asked."""
    handling = _handling(",".join(request.headers.getlist("Prefer")))
    if handling is None:
        return False

    @after_this_request
    async def tell(response: Response | WerkzeugResponse) -> Response | WerkzeugResponse:
        if response.status_code < HTTPStatus.BAD_REQUEST:
            response.headers["Preference-Applied"] = f"handling={handling}"
        return response

    return handling == "strict"


def _handling(prefer: str) -> str | None:
    """The value of ``handling``: of several the first counts (RFC 7240, section 2)."""
    for item in parse_list_header(prefer):
        preference, _, _parameters = item.partition(";")
        name, _, value = preference.partition("=")
        if name.strip().lower() == "handling":
            value = value.strip().strip('"').lower()
            return value if value in _HANDLINGS else None
    return None
