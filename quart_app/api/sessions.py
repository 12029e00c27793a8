"""Operations on login sessions: log in, list and end them. Those on the one of the request: see ``current_session``."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from quart import request, url_for
from werkzeug.exceptions import BadRequest, Forbidden, NotFound

from quart_app.accounts.authentication import authenticate
from quart_app.accounts.login import current_login_session, current_user, end_login, issue_bearer_token, start_login
from quart_app.defences.rate_limits import Limit, limited
from quart_app.errors.problems import CREDENTIALS_WRONG, Problem
from quart_app.faces import is_token_only
from quart_app.models.login_session import Kind
from quart_app.sessions.bearer import sent_bearer_token
from quart_app.sessions.cursors import make_cursor, read_cursor
from quart_app.sessions.ending import end_all_other_sessions, end_another_session
from quart_app.sessions.listing import find_session, list_sessions

from .blueprint import blueprint
from .headers import LINK, LOCATION
from .operations import ANYBODY, SESSIONS, operation
from .schemas import Credentials, NewSession, Session, SessionList, SessionQuery


@blueprint.post("/sessions")
@limited(Limit.PASSWORDS)
@operation(
    about=SESSIONS,
    status=HTTPStatus.CREATED,
    takes=Credentials,
    answers=NewSession,
    for_=ANYBODY,
    if_lost="Then log in again. A login may have begun that nobody has; it ends like one that is not used. The login "
    "that came with the request may have ended.",
    begins_login=True,
    sends=(LOCATION,),
    problems=(HTTPStatus.UNAUTHORIZED,),
)
async def log_in(data: Credentials) -> tuple[NewSession, dict[str, str]]:
    """Log in.

    A login by cookies ends the one that came with this request. A token leaves it as it is.
    """
    kind = Kind(data.kind)
    if kind is not Kind.BEARER and is_token_only(request):
        raise Forbidden("Pages of other origins get no cookies. Ask for kind bearer.")
    if kind is not Kind.BEARER and sent_bearer_token(request) is not None:
        raise Forbidden("A request with a bearer token gets no cookies. Leave the token out, or ask for kind bearer.")
    user = await authenticate(data.username, data.password.get_secret_value())
    if user is None:
        raise Problem(CREDENTIALS_WRONG)
    token = None
    if kind is Kind.BEARER:
        token = await issue_bearer_token(user, name=data.name or None)
        has_begun = token is not None
    else:
        has_begun = await start_login(user, remember=kind is Kind.REMEMBERED, name=data.name or None)
    if not has_begun or user.login_session is None:
        raise Problem(CREDENTIALS_WRONG)  # the account was closed, or the password changed, since it was checked
    answer = NewSession(session=Session.of(user.login_session, current=token is None), token=token)
    return answer, {LOCATION.name: url_for("api.show_session", session_id=answer.session.id)}


@blueprint.get("/sessions")
@operation(about=SESSIONS, status=HTTPStatus.OK, answers=SessionList, asks=SessionQuery, if_lost=None, sends=(LINK,))
async def show_sessions(query: SessionQuery) -> tuple[SessionList, dict[str, str]]:
    """List the logins of the user, the newest first.

    If there are more than one page holds, `next` is the `cursor` of the next page, and `Link` is its address.
    """
    before = None
    if query.cursor is not None and (before := read_cursor(current_user.id, query.cursor)) is None:
        raise BadRequest("cursor: It is the next of a page before, and expires with the server's key. Leave it out.")
    page = await list_sessions(current_user.id, limit=query.limit, before=before)
    here = current_login_session()
    sessions = [Session.of(row, current=row.id == here.id) for row in page.sessions]
    if page.older is None:
        return SessionList(sessions=sessions, next=None), {}
    cursor = make_cursor(current_user.id, page.older)
    address = url_for("api.show_sessions", cursor=cursor, limit=query.limit)
    return SessionList(sessions=sessions, next=cursor), {LINK.name: f'<{address}>; rel="next"'}


@blueprint.delete("/sessions")
@operation(about=SESSIONS, status=HTTPStatus.NO_CONTENT, if_lost="Then send it again: the result is the same.")
async def end_other_sessions() -> None:
    """Log out everywhere else: end all logins but the one that this request came with."""
    await end_all_other_sessions(current_user)


@blueprint.get("/sessions/<uuid:session_id>")
@operation(about=SESSIONS, status=HTTPStatus.OK, answers=Session, if_lost=None, problems=(HTTPStatus.NOT_FOUND,))
async def show_session(session_id: UUID) -> Session:
    """Show one login of the user."""
    here = current_login_session()
    row = here if session_id == here.public_id else await find_session(current_user.id, session_id)
    if row is None:
        raise NotFound
    return Session.of(row, current=row is here)


@blueprint.delete("/sessions/<uuid:session_id>")
@operation(
    about=SESSIONS,
    status=HTTPStatus.NO_CONTENT,
    if_lost="Then send it again: 404 means that the login has ended, and 401 that it was the current one.",
    problems=(HTTPStatus.NOT_FOUND,),
)
async def end_one_session(session_id: UUID) -> None:
    """End one login of the user."""
    if session_id == current_login_session().public_id:
        await end_login()
    elif not await end_another_session(current_user, session_id):
        raise NotFound
