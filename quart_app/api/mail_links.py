"""Operations with the tokens in mails: set a new password, confirm an address; and those that ask for such a mail.

The links in mails lead to pages of this site. A program that wants to do without these needs the token from the link.
"""

from __future__ import annotations

from http import HTTPStatus

from compat import safe_next_url
from quart_app.accounts.addresses import confirm_email, send_confirmation_again
from quart_app.accounts.forgotten_passwords import find_new_password_owner, request_new_password, set_new_password
from quart_app.accounts.login import current_user
from quart_app.accounts.password_rules import check_new_password
from quart_app.accounts.users import TAKEN, UserExists
from quart_app.defences.rate_limits import Limit, limited
from quart_app.errors.problems import FIELDS_INVALID, LINK_INVALID, NAME_TAKEN, FieldError, Problem

from .blueprint import blueprint
from .operations import ACCOUNT, ANYBODY, USERS, operation
from .schemas import EmailConfirmation, NewPasswordByLink, PasswordResetRequest


@blueprint.post("/password-resets")
@limited(Limit.MAILS)
@operation(
    about=ACCOUNT,
    status=HTTPStatus.ACCEPTED,
    takes=PasswordResetRequest,
    for_=ANYBODY,
    if_lost="Then send it again: the user gets two mails at most, and each link is valid.",
)
async def request_password_reset(data: PasswordResetRequest) -> None:
    """Have a mail sent with a link to set a new password.

    The answer is the same, and takes as long, whether an account has the address or not, and when its user was sent
    too many mails.
    """
    await request_new_password(data.email, next_url=safe_next_url(data.next, "") or None)


@blueprint.post("/passwords")
@limited(Limit.PASSWORDS)
@operation(
    about=ACCOUNT,
    status=HTTPStatus.NO_CONTENT,
    takes=NewPasswordByLink,
    for_=ANYBODY,
    if_lost="Then log in with the new password: if that succeeds it was set, and if it does not, send it again.",
    problems=(HTTPStatus.NOT_FOUND,),
)
async def set_password_by_link(data: NewPasswordByLink) -> None:
    """Set a new password by the token in a mail.

    All logins of the user end, cookies and bearer tokens alike, and nobody is logged in. A token is used once; a
    password that is not accepted does not use it up.
    """
    token, password = data.token.get_secret_value(), data.password.get_secret_value()
    owner = await find_new_password_owner(token)
    if owner is None:
        raise Problem(LINK_INVALID)
    try:
        check_new_password(password, username=owner.user.username, email=owner.user.email)
    except ValueError as error:
        raise Problem(FIELDS_INVALID, errors=[FieldError.at(["password"], str(error))]) from None
    if not await set_new_password(token, password):
        raise Problem(LINK_INVALID)


@blueprint.post("/email-confirmations")
@limited(Limit.PASSWORDS)
@operation(
    about=ACCOUNT,
    status=HTTPStatus.NO_CONTENT,
    takes=EmailConfirmation,
    for_=ANYBODY,
    if_lost="Then send it again: 404 means that the address was confirmed, if the token was valid before.",
    problems=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
async def confirm_email_by_link(data: EmailConfirmation) -> None:
    """Confirm an email address by the token in a mail to it.

    If it is a new address, the account has it from then on, and the old one is sent a notice. No login begins or ends.
    """
    try:
        owner = await confirm_email(data.token.get_secret_value())
    except UserExists:
        raise Problem(NAME_TAKEN, errors=[FieldError.at(["token"], TAKEN["email"])]) from None
    if owner is None:
        raise Problem(LINK_INVALID)


@blueprint.post("/me/email-confirmation")
@limited(Limit.MAILS)
@operation(
    about=ACCOUNT,
    status=HTTPStatus.ACCEPTED,
    for_=USERS,
    if_lost="Then send it again: the user gets two mails at most, and each link is valid.",
    problems=(HTTPStatus.TOO_MANY_REQUESTS,),
)
async def send_email_confirmation() -> None:
    """Have the mail sent again with the link that confirms the address.

    It goes to the address that the user has asked for, or else to the one of the account. If both are confirmed, none
    is sent.
    """
    await send_confirmation_again(current_user)
