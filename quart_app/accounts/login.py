"""Logging in and out, and the current user."""

from __future__ import annotations

from quart import flash, redirect, request, session, url_for, websocket
from quart.typing import ResponseReturnValue

from compat import LoginManager, confirm_login, login_user, logout_user
from quart_app.clients import describe_client
from quart_app.errors.problems import login_required_problem, problem_response, stale_login_problem
from quart_app.faces import is_for_api, is_from_program
from quart_app.models.login_session import Kind, LoginSession
from quart_app.models.user import User
from quart_app.operation.events import Event, Reason, record
from quart_app.sessions.bearer import find_user_of_token, make_bearer_token, sent_bearer_token
from quart_app.sessions.confirmation import SessionEnded, renew_session, renew_token
from quart_app.sessions.creation import create_session
from quart_app.sessions.ending import end_own_session
from quart_app.sessions.lookup import find_user

from .devices import remember_device


class _Logins(LoginManager[User]):
    """Redirects requests for pages to the login page, and answers those of the API and of programs with a problem."""

    async def unauthorized(self) -> ResponseReturnValue:
        if is_for_api():
            raise login_required_problem(bad_token=sent_bearer_token(request) is not None)
        if is_from_program():
            raise login_required_problem(bad_token=sent_bearer_token(websocket) is not None)
        return await super().unauthorized()

    async def needs_refresh(self) -> ResponseReturnValue:
        if is_for_api():
            raise stale_login_problem()
        return await super().needs_refresh()


login_manager = _Logins()
login_manager.login_view = "accounts.login"
login_manager.refresh_view = "accounts.reauthenticate"
login_manager.needs_refresh_message = "Please confirm that it is you to access this page."
login_manager.flash_for_missing_user = True  # messages have a cookie of their own: see defences/login_cookie.py
login_manager.load_for_hooks = False  # hooks and error pages of this application do not use the current user

current_user = login_manager.current_user
"""``compat.current_user``, known to be a :class:`User`."""


login_manager.user_loader(find_user)
login_manager.request_loader(find_user_of_token)


def current_login_session() -> LoginSession:
    """The row of the current login.

    Raises:
        RuntimeError: no user is logged in.
    """
    row = current_user.login_session
    if row is None:
        raise RuntimeError("No user is logged in here: protect the view with login_required.")
    return row


async def start_login(user: User, *, remember: bool, name: str | None = None) -> bool:
    """Log in with a new login session, and clear Quart's session: no old data and no old CSRF token remain.

    The login that came with this request, if any, is ended.

    Returns:
        False, and nothing was changed, if the account is closed or its password has just been changed.
    """
    before = current_login_session() if current_user.is_authenticated else None
    row = await _create_row(user, Kind.REMEMBERED if remember else Kind.SESSION, name, instead_of=before)
    if row is None:
        return False
    user.login_session = row
    session.clear()
    remember_device(user)
    return login_user(user, remember=remember)


async def issue_bearer_token(user: User, *, name: str | None = None) -> str | None:
    """A new bearer token. The login that came with this request stays as it is, and no cookie is set.

    Returns:
        None if the account is closed, or its password has just been changed.
    """
    row = await _create_row(user, Kind.BEARER, name)
    if row is None or row.handle is None:
        return None
    user.login_session = row
    return make_bearer_token(row.handle)


async def renew_bearer_token() -> str:
    """A new token for the login of this request, which came with a token. The old one is void from now on.

    Raises:
        SessionEnded: it was ended or renewed meanwhile; :func:`answer_ended_login` handles that.
    """
    await renew_token(current_user)
    record(Event.TOKEN_RENEWED, user_id=current_user.id)
    return make_bearer_token(current_user.get_id())


async def renew_login() -> None:
    """Make the login fresh after its user has entered the password again. It gets a new handle; old cookies are void.

    Of two such requests of one browser at the same time the first renews it, and the second sets no cookies.

    Raises:
        SessionEnded: it was ended meanwhile; :func:`answer_ended_login` handles that.
    """
    is_renewed = await renew_session(current_user)
    record(Event.REAUTHENTICATION_SUCCEEDED, user_id=current_user.id)
    if is_renewed:
        write_renewed_login()


def write_renewed_login() -> None:
    """Write the new handle of the login session, which was renewed in this request, into the cookies.

    The browser gets a new device cookie as well, because its user has just entered the password.
    """
    remember = current_login_session().is_remembered
    session.clear()
    remember_device(current_user)
    login_user(current_user, remember=remember)
    confirm_login()


async def end_login() -> None:
    """Log out: end the login session, so that no copy of its cookies logs in, and clear Quart's session.

    Raises:
        SessionEnded: another request has ended it; :func:`answer_ended_login` handles that.
    """
    if current_user.is_authenticated:
        await end_own_session(current_user)
    forget_login()


def forget_login() -> None:
    """Remove a login that has ended from the cookies, and clear Quart's session."""
    session.clear()
    logout_user()


async def answer_ended_login(_error: SessionEnded) -> ResponseReturnValue:
    """Error handler for a login that was ended elsewhere during a change: ask the user to log in again.

    The cookies stay: the login in them is worth nothing, or another request of this browser has just renewed it.
    """
    if is_for_api():
        return problem_response(login_required_problem(bad_token=sent_bearer_token(request) is not None))
    await flash("This login has been ended. Nothing was changed; please log in again.", "error")
    return redirect(url_for("accounts.login"))


async def _create_row(
    user: User, kind: Kind, name: str | None, *, instead_of: LoginSession | None = None
) -> LoginSession | None:
    client = describe_client(request.headers.get("User-Agent"))
    row = await create_session(
        user,
        kind=kind,
        client=client,
        address=request.remote_addr or "",
        name=name,
        instead_of=instead_of,
    )
    if row is None:
        reason = Reason.OUTDATED if user.is_active else Reason.INACTIVE
        record(Event.LOGIN_FAILED, user_id=user.id, reason=reason, client=client)
    else:
        record(Event.LOGIN_SUCCEEDED, user_id=user.id, client=client)
    return row
