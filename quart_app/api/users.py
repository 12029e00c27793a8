"""Operations on accounts: register, get the current account, change its password."""

from __future__ import annotations

from http import HTTPStatus

from quart_app.accounts.authentication import confirm_password
from quart_app.accounts.changes import change_password
from quart_app.accounts.login import current_user, write_renewed_login
from quart_app.accounts.users import TAKEN, UserExists, add_user, taken_fields
from quart_app.defences.rate_limits import Limit, limited
from quart_app.errors.problems import NAME_TAKEN, PASSWORD_WRONG, FieldError, Problem

from .blueprint import blueprint
from .operations import ACCOUNT, ANYBODY, FRESH_USERS, operation
from .schemas import PasswordChange, Registration, UserAccount


@blueprint.post("/users")
@limited(Limit.REGISTRATIONS)
@operation(
    about=ACCOUNT,
    status=HTTPStatus.CREATED,
    takes=Registration,
    answers=UserAccount,
    for_=ANYBODY,
    if_lost="Then log in: if that succeeds the account was created, and if it does not, register again.",
    problems=(HTTPStatus.CONFLICT,),
)
async def register(data: Registration) -> UserAccount:
    """Create an account.

    Logging in to it is the next step.
    """
    # Checked before the password is hashed, which is slow, and again by the database when the user is inserted.
    if taken := await taken_fields(username=data.username, email=data.email):
        raise _taken(taken)
    try:
        user = await add_user(username=data.username, email=data.email, password=data.password.get_secret_value())
    except UserExists as error:
        raise _taken(error.fields) from None
    return UserAccount.of(user)


@blueprint.get("/me")
@operation(about=ACCOUNT, status=HTTPStatus.OK, answers=UserAccount, if_lost=None)
async def me() -> UserAccount:
    """Say who is logged in."""
    return UserAccount.of(current_user)


@blueprint.put("/me/password")
@limited(Limit.PASSWORDS)
@operation(
    about=ACCOUNT,
    status=HTTPStatus.NO_CONTENT,
    takes=PasswordChange,
    for_=FRESH_USERS,
    if_lost="Then log in with the new password: if that succeeds it was changed, and all earlier logins have ended.",
)
async def change_own_password(data: PasswordChange) -> None:
    """Change the password, which ends all other logins.

    Needs a login by cookies for which the password was entered: neither a bearer token nor a remembered login will do.
    The cookies are set anew, and old copies of them are worth nothing.
    """
    if not await confirm_password(current_user, data.current_password.get_secret_value()):
        raise Problem(PASSWORD_WRONG)
    await change_password(current_user, data.new_password.get_secret_value())
    write_renewed_login()


def _taken(fields: frozenset[str]) -> Problem:
    return Problem(NAME_TAKEN, errors=[FieldError.at([name], TAKEN[name]) for name in sorted(fields)])
