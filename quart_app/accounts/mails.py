"""What the mails to users say. Each function composes one kind, in the transaction before the mail is sent.

A mail that is sent again has a new token; earlier ones stay valid, because the mail before it may have arrived. No mail
has the name of the user, or other text that somebody has entered, in a link either: strangers could send it to any
address.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.mail.letter import Composers, Letter
from quart_app.mail.site import url_in_mail
from quart_app.models.mail_token import TokenPurpose
from quart_app.models.outgoing_mail import MailKind, OutgoingMail
from quart_app.models.user import User, email_key

from .mail_tokens import DURATION, lock_owner_in, make_token_in

_CONFIRM_VIEW, _NEW_PASSWORD_VIEW, _FORGOTTEN_VIEW = "address.confirm", "new_password.choose", "new_password.ask"
_MINUTES = int(DURATION.total_seconds()) // 60


async def _confirm_address(session: AsyncSession, mail: OutgoingMail) -> Letter | None:
    """A link that confirms an address. Nothing, if another account has the address, or it is not asked for any more.

    For the address of another account there is a token, too, which nobody gets: while it is valid the account page says
    that the address is not confirmed, and without it the page would tell which addresses have accounts.
    """
    user = await lock_owner_in(session, mail.user_id)
    if user is None or not await _is_queued_in(session, mail):
        return None
    token = await make_token_in(session, user, TokenPurpose.CONFIRM_ADDRESS, mail.address)
    others = select(User.id).where(User.email_key == email_key(mail.address), User.id != user.id)
    if (await session.execute(others)).first() is not None:
        return None
    context = {
        "is_change": mail.address != user.email,
        "link": url_in_mail(mail.root_url, _CONFIRM_VIEW, token=token),
        "minutes": _MINUTES,
    }
    return Letter("Confirm your email address", "confirm-address", context)


async def _set_password(session: AsyncSession, mail: OutgoingMail) -> Letter | None:
    """A link to set a new password. Nothing, if no open account has the address.

    It goes to the address of the account and not to what was entered, which may differ although both have one key: the
    look-alike of a letter in it would be the mailbox of somebody else.
    """
    owner = select(User.id).where(User.email_key == email_key(mail.address))
    user = await lock_owner_in(session, await session.scalar(owner))
    if user is None or user.email_key != email_key(mail.address):
        return None
    mail.address = user.email
    token = await make_token_in(session, user, TokenPurpose.SET_PASSWORD, user.email, next_url=mail.next_url)
    context = {
        "link": url_in_mail(mail.root_url, _NEW_PASSWORD_VIEW, token=token),
        "minutes": _MINUTES,
    }
    return Letter("Set a new password", "set-password", context)


async def _address_changed(_session: AsyncSession, _mail: OutgoingMail) -> Letter:
    """A notice to the old address. It does not say the new one."""
    return Letter("Your email address was changed", "address-changed")


async def _password_changed(_session: AsyncSession, mail: OutgoingMail) -> Letter:
    """A notice."""
    context = {"link": url_in_mail(mail.root_url, _FORGOTTEN_VIEW)}
    return Letter("Your password was changed", "password-changed", context)


COMPOSERS: Composers = {
    MailKind.CONFIRM_ADDRESS: _confirm_address,
    MailKind.SET_PASSWORD: _set_password,
    MailKind.ADDRESS_CHANGED: _address_changed,
    MailKind.PASSWORD_CHANGED: _password_changed,
}
"""The functions, by kind."""


async def _is_queued_in(session: AsyncSession, mail: OutgoingMail) -> bool:
    """Whether a mail is still to be sent: a new password or another address has dropped it otherwise.

    The user's row is locked, as it is where mails are dropped.
    """
    return await session.scalar(select(OutgoingMail.id).where(OutgoingMail.id == mail.id)) is not None
