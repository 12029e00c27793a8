"""Operations that change the email address of the account, or delete the account. Each takes the current password."""

from __future__ import annotations

from http import HTTPStatus

from pydantic import SecretStr

from quart_app.accounts.authentication import confirm_password
from quart_app.accounts.changes import change_email
from quart_app.accounts.closing import delete_own_account
from quart_app.accounts.login import current_user, forget_login
from quart_app.accounts.users import TAKEN, UserExists
from quart_app.defences.rate_limits import Limit, limited
from quart_app.errors.problems import NAME_TAKEN, PASSWORD_WRONG, FieldError, Problem

from .blueprint import blueprint
from .operations import ACCOUNT, FRESH_USERS, operation
from .schemas import AccountDeletion, EmailChange


@blueprint.put("/me/email")
@limited(Limit.PASSWORDS)
@operation(
    about=ACCOUNT,
    status=HTTPStatus.NO_CONTENT,
    takes=EmailChange,
    for_=FRESH_USERS,
    if_lost="Then send it again: the result is the same.",
    problems=(HTTPStatus.CONFLICT,),
)
async def change_own_email(data: EmailChange) -> None:
    """Change the email address.

    All logins go on, and so does this one: no cookie and no token changes. A remembered login will not do.
    """
    await _confirm(data.current_password)
    try:
        await change_email(current_user, data.email)
    except UserExists:
        raise Problem(NAME_TAKEN, errors=[FieldError.at(["email"], TAKEN["email"])]) from None


@blueprint.delete("/me")
@limited(Limit.PASSWORDS)
@operation(
    about=ACCOUNT,
    status=HTTPStatus.NO_CONTENT,
    takes=AccountDeletion,
    for_=FRESH_USERS,
    if_lost="Then send it again: 401 means that the account was deleted.",
)
async def delete_account(data: AccountDeletion) -> None:
    """Delete the account.

    All its logins end with it, and so does this one: its cookies or its token are worth nothing afterwards. Name and
    address can be registered again. The request has a body, which some clients send with DELETE only if told to. A
    remembered login will not do.
    """
    await _confirm(data.current_password)
    await delete_own_account(current_user)
    forget_login()


async def _confirm(password: SecretStr) -> None:
    if not await confirm_password(current_user, password.get_secret_value()):
        raise Problem(PASSWORD_WRONG)
