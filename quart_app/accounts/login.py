"""Who is logged in: the part that the whole application asks."""

from __future__ import annotations

from quart import Request, Websocket, flash, redirect, request, session, url_for
from quart.typing import ResponseReturnValue

from compat import LoginManager, confirm_login, login_user, logout_user
from quart_app.clients import describe_client
from quart_app.errors.problems import login_required_problem, problem_response, stale_login_problem
from quart_app.faces import is_for_api
from quart_app.models.login_session import Kind, LoginSession
from quart_app.models.user import User
from quart_app.operation.events import Event, Reason, record
from quart_app.sessions.bearer import handle_of_token, make_bearer_token, sent_bearer_token
from quart_app.sessions.confirmation import SessionEnded, renew_session
from quart_app.sessions.creation import create_session
from quart_app.sessions.ending import end_session
from quart_app.sessions.lookup import find_user

from .devices import remember_device


class _Logins(LoginManager[User]):
    """Visitors of pages are sent to log in; requests to the API are refused, as no program follows to a form."""

    async def unauthorized(self) -> ResponseReturnValue:
        if is_for_api():
            raise login_required_problem(bad_token=sent_bearer_token(request) is not None)
        return await super().unauthorized()

    async def needs_refresh(self) -> ResponseReturnValue:
        if is_for_api():
            raise stale_login_problem()
        return await super().needs_refresh()


login_manager = _Logins()
login_manager.login_view = "accounts.login"
login_manager.refresh_view = "accounts.reauthenticate"
login_manager.needs_refresh_message = "Please confirm that it is you to access this page."
login_manager.load_for_hooks = False  # ours, and our error pages, ask for nobody

current_user = login_manager.current_user
"""``compat.current_user``, known to be a :class:`User`."""


@login_manager.user_loader
async def load_user(handle: object) -> User | None:
    """The user whose login session a cookie names. None is "no such login" and only that: faults are raised.

    A session may hold anything that JSON can say; what is no text is no handle.
    """
    return await find_user(handle) if isinstance(handle, str) else None


@login_manager.request_loader
async def load_bearer(connection: Request | Websocket) -> User | None:
    """The user whose bearer token came with a request to the API or a websocket, if no cookie has named one."""
    token = sent_bearer_token(connection)
    handle = None if token is None else handle_of_token(token)
    return None if handle is None else await find_user(handle, bearer=True)


def current_login_session() -> LoginSession:
    """The row of this login; only where somebody is logged in."""
    row = current_user.login_session
    if row is None:
        raise RuntimeError("Nobody is logged in here: ask behind login_required.")
    return row


async def start_login(user: User, *, remember: bool) -> bool:
    """Log in, by a new login session, with nothing from before: no other visitor's data and no known CSRF token.

    Whoever was logged in here is logged out.

    Returns:
        False if the account may not be used, or its password has just been changed; nothing has happened then.
    """
    before = current_login_session() if current_user.is_authenticated else None
    row = await _create_row(user, Kind.REMEMBERED if remember else Kind.SESSION, instead_of=before)
    if row is None:
        return False
    user.login_session = row
    session.clear()
    remember_device(user.id)
    return login_user(user, remember=remember)


async def issue_bearer_token(user: User) -> str | None:
    """A token that logs in with every request it comes with. Whoever is logged in here stays so, and no cookie is set.

    Returns:
        None if the account may not be used, or its password has just been changed.
    """
    row = await _create_row(user, Kind.BEARER)
    if row is None or row.handle is None:
        return None
    user.login_session = row
    return make_bearer_token(row.handle)


async def renew_login() -> None:
    """Make the login fresh after its user has entered the password again, under a new handle: old cookies are void.

    Raises:
        SessionEnded: it has been ended in the meantime; :func:`answer_ended_login` answers that.
    """
    await renew_session(current_user)
    record(Event.REAUTHENTICATION_SUCCEEDED, user_id=current_user.id)
    write_renewed_login()


def write_renewed_login() -> None:
    """Put the new handle of the login session, which has one since just now, into the cookies."""
    remember = current_login_session().is_remembered
    session.clear()
    login_user(current_user, remember=remember)
    confirm_login()


async def end_login() -> None:
    """Log out: end the login session, so that no copy of its cookies opens anything, and leave nothing in this one."""
    if current_user.is_authenticated:
        await _end_row()
    forget_login()


def forget_login() -> None:
    """Remove a login whose row has ended from the cookies, with all that the session has of the user."""
    session.clear()
    logout_user()


async def answer_ended_login(_error: SessionEnded) -> ResponseReturnValue:
    """The answer where a login was ended from elsewhere while it was being changed: to log in again."""
    forget_login()
    if is_for_api():
        return problem_response(login_required_problem(bad_token=False))
    await flash("This login has been ended. Nothing was changed; please log in again.", "error")
    return redirect(url_for("accounts.login"))


async def _create_row(user: User, kind: Kind, *, instead_of: LoginSession | None = None) -> LoginSession | None:
    row = await create_session(
        user,
        kind=kind,
        client=describe_client(request.headers.get("User-Agent")),
        address=request.remote_addr or "",
        instead_of=instead_of,
    )
    if row is None:
        reason = Reason.OUTDATED if user.active else Reason.INACTIVE
        record(Event.LOGIN_FAILED, user_id=user.id, reason=reason)
    else:
        record(Event.LOGIN_SUCCEEDED, user_id=user.id)
    return row


async def _end_row() -> None:
    row = current_login_session()
    await end_session(row.user_id, row.id, Event.LOGGED_OUT)
