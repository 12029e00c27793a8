"""Operations that ask for another email address, or delete the account. Each takes the current password."""

from __future__ import annotations

from http import HTTPStatus

from pydantic import SecretStr

from quart_app.accounts.addresses import request_email_change
from quart_app.accounts.authentication import confirm_password
from quart_app.accounts.closing import delete_own_account
from quart_app.accounts.login import current_user, forget_login
from quart_app.defences.rate_limits import Limit, limited
from quart_app.errors.problems import PASSWORD_WRONG, Problem

from .blueprint import blueprint
from .operations import ACCOUNT, FRESH_USERS, operation
from .schemas import AccountDeletion, EmailChange


@blueprint.put("/me/email")
@limited(Limit.PASSWORDS)
@operation(
    about=ACCOUNT,
    status=HTTPStatus.ACCEPTED,
    takes=EmailChange,
    for_=FRESH_USERS,
    if_lost="Then send it again: the user gets two mails at most, and each link is valid.",
)
async def change_own_email(data: EmailChange) -> None:
    """Ask for another email address.

    A link is sent to it, and the account gets it when that is used. The last address that was asked for counts. Nothing
    is sent to an address that another account has; the answer does not say so. All logins go on, and so does this one:
    no cookie and no token changes. A remembered login will not do.
    """
    await _confirm(data.current_password)
    await request_email_change(current_user, data.email)


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
