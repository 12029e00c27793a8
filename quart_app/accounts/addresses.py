"""The email address of an account: it is confirmed, or changed, by a link in a mail to it."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from quart_app import clock
from quart_app.database import current_database
from quart_app.mail.queue import enqueue_in
from quart_app.mail.site import site_url
from quart_app.models.mail_token import TokenPurpose
from quart_app.models.outgoing_mail import MailKind
from quart_app.models.user import User, email_key
from quart_app.operation.events import Event, record
from quart_app.sessions.confirmation import check_session_in, confirm_session_in

from .mail_limit import current_mail_limit
from .mail_tokens import (
    TokenOwner,
    end_other_addresses_in,
    end_tokens_in,
    find_token,
    pending_address_of,
    use_token_in,
)
from .users import UserExists


async def request_email_change(user: User, email: str) -> None:
    """Send a link to the new address of a user who has just entered the password. Its use changes the address.

    The last address that a user has asked for counts: links to earlier ones end. It is not said whether another account
    has the address; if one has, no mail is sent to it.

    Raises:
        TooManyMails: nothing was sent or changed.
        SessionEnded: this login has ended, or the password was changed since it was entered; nothing was changed.
    """
    async with current_database().session() as session:
        await confirm_session_in(session, user)
        await current_mail_limit().count_in(session, user)
        account = await session.get_one(User, user.id)  # the address may have changed since this request began
        await end_other_addresses_in(session, account, keep=email)
        enqueue_in(session, MailKind.CONFIRM_ADDRESS, email, user_id=user.id, root_url=site_url())
        await session.commit()
    record(Event.EMAIL_CHANGE_REQUESTED, user_id=user.id)


async def send_confirmation_again(user: User) -> str | None:
    """Send a link to confirm the address that the user has asked for, or else the one that there is.

    Returns:
        The address; None, and no mail was sent, if there is nothing to confirm.

    Raises:
        TooManyMails: nothing was sent.
        SessionEnded: this login has ended; nothing was sent.
    """
    async with current_database().session() as session:
        await check_session_in(session, user)
        account = await session.get_one(User, user.id)  # the address may have changed since this request began
        address = await session.scalar(pending_address_of(account))
        if address is None and account.email_confirmed_at is None:
            address = account.email
        if address is not None:
            await current_mail_limit().count_in(session, user)
            enqueue_in(session, MailKind.CONFIRM_ADDRESS, address, user_id=user.id, root_url=site_url())
            await session.commit()
    return address


async def pending_address(user: User) -> str | None:
    """The address that the user has asked for and not confirmed yet; None if there is none."""
    rows = await current_database().execute(pending_address_of(user))
    return rows[0].email if rows else None


async def find_confirmation_owner(token: str) -> TokenOwner | None:
    """The user and the address that this token confirms; None if it is invalid, expired or used. Nothing is used up."""
    return await find_token(token, TokenPurpose.CONFIRM_ADDRESS)


async def confirm_email(token: str) -> TokenOwner | None:
    """Confirm the address that this token was sent to. If it is another one than before, the account gets it.

    Nobody is logged in, and no login ends. At a change all other tokens of the user end, and a notice to the old
    address is queued.

    Returns:
        Whose address it is, and which; None, and nothing was changed, if the token is invalid, expired or used.

    Raises:
        UserExists: another account has the address; nothing was changed.
    """
    try:
        async with current_database().session() as session:
            owner = await use_token_in(session, token, TokenPurpose.CONFIRM_ADDRESS)
            if owner is None:
                return None
            user, email = owner.user, owner.email
            key, before = email_key(email), user.email
            is_change = not _is_one_mailbox(before, email)
            changes = {"email": email, "email_key": key, "email_confirmed_at": clock.now()}
            await session.execute(update(User).where(User.id == user.id).values(changes))
            if is_change:
                await end_tokens_in(session, user.id)
                enqueue_in(session, MailKind.ADDRESS_CHANGED, before, root_url=site_url())
            await session.commit()
    except IntegrityError as error:
        raise UserExists(frozenset({"email"})) from error
    record(Event.EMAIL_CHANGED if is_change else Event.EMAIL_CONFIRMED, user_id=user.id)
    return owner


def _is_one_mailbox(address: str, other: str) -> bool:
    """Whether two addresses differ at most in the case of ASCII letters.

    One key may stand for more: ``straße.example`` and ``strasse.example`` are two domains.
    """
    return address == other or (f"{address}{other}".isascii() and email_key(address) == email_key(other))


async def confirm_email_of(user_id: int) -> None:
    """Count the address of a user as confirmed, without a mail."""
    async with current_database().session() as session:
        await session.execute(update(User).where(User.id == user_id).values(email_confirmed_at=clock.now()))
        await session.commit()
    record(Event.EMAIL_CONFIRMED, user_id=user_id)
