"""Operations on the login session that the request came with: show it, renew its token, log out."""

from __future__ import annotations

from http import HTTPStatus

from quart_app.accounts.login import current_login_session, end_login, renew_bearer_token

from .blueprint import blueprint
from .operations import SESSIONS, TOKEN_USERS, operation
from .schemas import RenewedSession, Session


@blueprint.get("/sessions/current")
@operation(about=SESSIONS, status=HTTPStatus.OK, answers=Session, if_lost=None)
async def show_current_session() -> Session:
    """Show the login that this request came with: when it ends, for example."""
    return Session.of(current_login_session(), current=True)


@blueprint.delete("/sessions/current")
@operation(
    about=SESSIONS,
    status=HTTPStatus.NO_CONTENT,
    if_lost="Then send it again: 401 means that the login has ended.",
)
async def log_out() -> None:
    """Log out: end the login that this request came with.

    No copy of its cookies or its token is worth anything afterwards.
    """
    await end_login()


@blueprint.post("/sessions/current/renewal")
@operation(
    about=SESSIONS,
    status=HTTPStatus.OK,
    answers=RenewedSession,
    for_=TOKEN_USERS,
    if_lost="Then use the old token once: if it is answered 401 it is void, so log in again.",
)
async def renew_token() -> RenewedSession:
    """Renew the bearer token.

    The answer has another one for the same login, which lasts its full time again. The old token is void at once, so a
    program whose answer is lost logs in again. Needs no password.
    """
    token = await renew_bearer_token()
    return RenewedSession(session=Session.of(current_login_session(), current=True), token=token)
