"""The decorator of an operation, which also describes it: so the description always matches the code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from pydantic import BaseModel
from quart import Response
from quart_schema import document_querystring, document_request, document_response, operation_id, security_scheme, tag

from compat import login_required
from quart_app.errors.problems import OUTCOME_UNKNOWN

from .body import JSON, read_body, read_query
from .guards import fresh_login_or_token_required, token_required
from .headers import PREFER, PREFERENCE_APPLIED, Header
from .schemas import ProblemDetails

INDEX, ACCOUNT, SESSIONS = "Index", "Account", "Sessions"
"""The headings of the documentation."""

BEARER, COOKIE, REMEMBERED = "bearer", "cookie", "remembered"
"""The names of the security schemes."""

_ANYTHING = (HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
_WITH_BODY = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
)

#: Who may use an operation: anybody; logged-in users; users with a fresh login by cookies, or a token; users with a
#: token.
ANYBODY, USERS, FRESH_USERS, TOKEN_USERS = None, login_required, fresh_login_or_token_required, token_required

#: Each way suffices. A remember cookie begins a login anew, which is not fresh.
_WAYS_IN = {
    ANYBODY: (),
    USERS: (BEARER, COOKIE, REMEMBERED),
    FRESH_USERS: (BEARER, COOKIE),
    TOKEN_USERS: (BEARER,),
}

Result = BaseModel | tuple[BaseModel, dict[str, str]] | None
"""What an operation returns: the body, the body with headers, or None for a response without a body."""

View = Callable[..., Awaitable[Result]]


def operation(
    *,
    about: str,
    status: int,
    answers: type[BaseModel] | None = None,
    takes: type[BaseModel] | None = None,
    asks: type[BaseModel] | None = None,
    for_: Callable[..., Any] | None = USERS,
    if_lost: str | None,
    begins_login: bool = False,
    accepts: tuple[Header, ...] = (),
    sends: tuple[Header, ...] = (),
    problems: tuple[int, ...] = (),
    sends_with: Mapping[int, tuple[Header, ...]] | None = None,
) -> Callable[[View], Callable[..., Awaitable[Response]]]:
    """Make a view of the API from a function of models.

    In this order: the login is checked; the query string is read, and passed to the function as ``query``, and the body
    as ``data``; the result becomes the response.

    Arguments:
        about: its heading.
        status: the status of a success.
        answers: the model of the result; None for a response without a body.
        takes: the model of the body, if it has one.
        asks: the model of the query string, if it has parameters, which are all optional.
        for_: ANYBODY, USERS, FRESH_USERS or TOKEN_USERS.
        if_lost: what a client does if it cannot know whether the change was made; None for an operation that changes
            nothing. One that does is refused to other sites with 403.
        begins_login: whether it sets the cookies of a login, although it needs none.
        accepts: the headers of requests that it reads, beside those of all operations.
        sends: the headers of a success that the function returns.
        problems: further statuses of problems, which do not follow from the above.
        sends_with: by the status of a problem, the headers that its other responses have not.
    """

    def decorate(view: View) -> Callable[..., Awaitable[Response]]:
        @wraps(view)
        async def answer(**arguments: Any) -> Response:
            if asks is not None:
                arguments["query"] = read_query(asks)
            if takes is not None:
                arguments["data"] = await read_body(takes)
            return _respond(await view(**arguments), status)

        guarded: Any = answer if for_ is None else for_(answer)
        tag([about])(guarded)
        operation_id(view.__name__)(guarded)
        if answers is not None:
            document_response(answers, status)(guarded)
        _document_input(guarded, takes, asks)
        security_scheme([{way: []} for way in _WAYS_IN[for_]])(guarded)
        more = problems if for_ is None else (*problems, HTTPStatus.UNAUTHORIZED)
        for code in sorted({*_ANYTHING, *more, *_problems(has_body=takes is not None, changes=if_lost is not None)}):
            document_response(ProblemDetails, code)(guarded)
        guarded.empty_answer = None if answers is not None else status
        guarded.response_texts = {HTTPStatus.SERVICE_UNAVAILABLE: unavailable_text(if_lost)}
        if for_ is ANYBODY:
            guarded.response_texts[HTTPStatus.UNAUTHORIZED] = "The name or the password is wrong."
        guarded.needs_login = for_ is not ANYBODY
        guarded.needs_token = for_ is TOKEN_USERS
        guarded.sets_cookies = for_ is not ANYBODY or begins_login
        guarded.request_headers = [header.as_parameter() for header in (*accepts, *((PREFER,) if takes else ()))]
        guarded.sends = {status: (*sends, *((PREFERENCE_APPLIED,) if takes else ())), **(sends_with or {})}
        return cast("Callable[..., Awaitable[Response]]", guarded)

    return decorate


def _respond(result: Result, status: int) -> Response:
    if result is None:
        response = Response(status=status)
        del response.headers["Content-Type"]  # there is no body
        return response
    body, headers = result if isinstance(result, tuple) else (result, {})
    return Response(body.model_dump_json(), status=status, headers=headers, content_type=JSON)


def unavailable_text(if_lost: str | None) -> str:
    """The description of 503 for an operation; see :func:`operation` for *if_lost*."""
    nothing = "Unavailable now; Retry-After tells when to try again. Nothing was changed"
    return f"{nothing}." if if_lost is None else f"{nothing}, unless the type is {OUTCOME_UNKNOWN.name}. {if_lost}"


def _document_input(view: Any, takes: type[BaseModel] | None, asks: type[BaseModel] | None) -> None:
    if takes is not None:
        document_request(takes)(view)
    if asks is not None:
        document_querystring(asks)(view)


def _problems(*, has_body: bool, changes: bool) -> tuple[int, ...]:
    """The statuses of problems that follow from what an operation does."""
    return (*(_WITH_BODY if has_body else ()), *((HTTPStatus.FORBIDDEN,) if changes else ()))
