"""Operations on accounts: register, get the current account, change its password."""

from __future__ import annotations

from http import HTTPStatus

from quart import current_app, url_for

from quart_app.accounts.authentication import confirm_password
from quart_app.accounts.changes import change_password
from quart_app.accounts.keyed_registrations import Claim, give_up_registration
from quart_app.accounts.login import current_login_session, current_user, write_renewed_login
from quart_app.accounts.users import TAKEN, UserExists, add_user, taken_fields
from quart_app.defences.rate_limits import Limit, limited
from quart_app.errors.problems import NAME_TAKEN, PASSWORD_WRONG, FieldError, Problem
from quart_app.models.user import User

from .blueprint import blueprint
from .headers import LOCATION, RETRY_AFTER_IF_RUNNING
from .idempotency import IDEMPOTENCY_KEY, begin, read_claim
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
    if_lost="Then send it again, if it has an `Idempotency-Key`. If not, log in: if that succeeds the account was "
    "created, and if it does not, register again.",
    accepts=(IDEMPOTENCY_KEY,),
    sends=(LOCATION,),
    problems=(HTTPStatus.CONFLICT,),
    sends_with={HTTPStatus.CONFLICT: (RETRY_AFTER_IF_RUNNING,)},
)
async def register(data: Registration) -> tuple[UserAccount, dict[str, str]]:
    """Create an account.

    Logging in to it is the next step; `Location` is its address for those who are logged in. With an
    `Idempotency-Key` it can be repeated if the answer is lost.
    """
    claim = await read_claim()
    created_at = None if claim is None else await begin(claim)
    if created_at is None:
        created_at = (await _add_user(data, claim)).created_at
    account = UserAccount(username=data.username, email=data.email, email_confirmed=False, created_at=created_at)
    return account, {LOCATION.name: url_for("api.me")}


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
    if_lost="Then log in with the new password: if that succeeds it was changed, and all other logins have ended.",
)
async def change_own_password(data: PasswordChange) -> None:
    """Change the password, which ends all other logins.

    By cookies it needs a login for which the password was entered; a remembered login will not do. The cookies are set
    anew, and old copies of them are worth nothing. A bearer token stays valid: renew it if others may have a copy.
    """
    if not await confirm_password(current_user, data.current_password.get_secret_value()):
        raise Problem(PASSWORD_WRONG)
    await change_password(current_user, data.new_password.get_secret_value())
    if not current_login_session().is_bearer:
        write_renewed_login()


async def _add_user(data: Registration, claim: Claim | None) -> User:
    try:
        return await _add_user_with_free_name(data, claim)
    except UserExists as error:
        if claim is not None:
            await give_up_registration(claim)
        raise _taken(error.fields) from None
    except BaseException:
        # In the background: the time of this request may be over, and another fault must not replace this one.
        if claim is not None:
            current_app.add_background_task(give_up_registration, claim)
        raise


async def _add_user_with_free_name(data: Registration, claim: Claim | None) -> User:
    # Checked before the password is hashed, which is slow, and again by the database when the user is inserted.
    if taken := await taken_fields(username=data.username, email=data.email):
        raise UserExists(taken)
    password = data.password.get_secret_value()
    return await add_user(username=data.username, email=data.email, password=password, claim=claim)


def _taken(fields: frozenset[str]) -> Problem:
    return Problem(NAME_TAKEN, errors=[FieldError.at([name], TAKEN[name]) for name in sorted(fields)])
