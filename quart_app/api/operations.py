"""The decorator of an operation, which also describes it: so the description always matches the code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from pydantic import BaseModel
from quart import Response
from quart_schema import document_request, document_response, operation_id, security_scheme, tag

from compat import fresh_login_required, login_required

from .body import JSON, read_body
from .schemas import ProblemDetails

ACCOUNT, SESSIONS = "Account", "Sessions"
"""The headings of the documentation."""

BEARER, COOKIE = "bearer", "cookie"
"""The names of the security schemes."""

_ANYTHING = (HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
_WITH_BODY = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.TOO_MANY_REQUESTS,
)

#: Who may use an operation: anybody, logged-in users, or users with a fresh login by cookies.
ANYBODY, USERS, FRESH_USERS = None, login_required, fresh_login_required

View = Callable[..., Awaitable[BaseModel | None]]


def operation(
    *,
    about: str,
    status: int,
    answers: type[BaseModel] | None = None,
    takes: type[BaseModel] | None = None,
    for_: Callable[..., Any] | None = USERS,
    changes: bool = True,
    problems: tuple[int, ...] = (),
) -> Callable[[View], Callable[..., Awaitable[Response]]]:
    """Make a view of the API from a function of models.

    In this order: the login is checked; the body is read, and passed to the function as ``data``; its result becomes
    the response.

    Arguments:
        about: its heading.
        status: the status of a success.
        answers: the model of the result; None for a response without a body.
        takes: the model of the body, if it has one.
        for_: ANYBODY, USERS or FRESH_USERS.
        changes: whether it changes something, and so is refused to other sites with 403.
        problems: further statuses of problems, which do not follow from the above.
    """

    def decorate(view: View) -> Callable[..., Awaitable[Response]]:
        @wraps(view)
        async def answer(**arguments: Any) -> Response:
            if takes is not None:
                arguments["data"] = await read_body(takes)
            result = await view(**arguments)
            if result is None:
                return Response(status=status)
            return Response(result.model_dump_json(), status=status, content_type=JSON)

        guarded: Any = answer if for_ is None else for_(answer)
        tag([about])(guarded)
        operation_id(view.__name__)(guarded)
        if takes is not None:
            document_request(takes)(guarded)
        if answers is not None:
            document_response(answers, status)(guarded)
        if for_ is not None:
            security_scheme([{COOKIE: []}] if for_ is FRESH_USERS else [{BEARER: []}, {COOKIE: []}])(guarded)
        statuses = {
            *_ANYTHING,
            *problems,
            *(_WITH_BODY if takes is not None else ()),
            *((HTTPStatus.UNAUTHORIZED,) if for_ is not None else ()),
            *((HTTPStatus.FORBIDDEN,) if changes else ()),
        }
        for code in sorted(statuses):
            document_response(ProblemDetails, code)(guarded)
        guarded.empty_answer = None if answers is not None else status
        return cast("Callable[..., Awaitable[Response]]", guarded)

    return decorate
