"""One-time tokens in the links of mails: they confirm an address, or set a new password.

A token is worth what its row is worth, as a login is: the link has 256 random bits, the row their hash. It is used
once, expires after :data:`DURATION`, and ends with a change of the password or the address, and with the account.

Every transaction locks the user's row before any of its tokens, so two of them cannot wait for each other for ever.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock
from quart_app.database import current_database, delete_in_batches
from quart_app.models.login_session import hash_handle, new_handle
from quart_app.models.mail_token import MailToken, TokenPurpose
from quart_app.models.outgoing_mail import MailKind, OutgoingMail
from quart_app.models.user import User

DURATION = timedelta(minutes=30)
"""How long a token is valid, from the moment its mail is made."""


class TokenOwner(NamedTuple):
    """The user and the address that a token was sent to.

    Attributes:
        user: the user that it is for.
        email: the address that it was sent to.
        next_url: where the page of the link leads afterwards, as it was asked for: the page checks it again.
    """

    user: User
    email: str
    next_url: str | None


async def lock_owner_in(session: AsyncSession, user_id: int | None) -> User | None:
    """The user, whose row is locked until the transaction ends; None if the account is closed or deleted."""
    lock = update(User).where(User.id == user_id, User.is_active).values(is_active=True).returning(User)
    user: User | None = (await session.execute(lock.execution_options(synchronize_session=False))).scalar_one_or_none()
    return user


async def make_token_in(
    session: AsyncSession, user: User, purpose: TokenPurpose, email: str, *, next_url: str | None = None
) -> str:
    """A new token for this user, whose row is locked. Earlier ones stay valid: their mails may have arrived."""
    token = new_handle()
    session.add(
        MailToken(
            token_hash=hash_handle(token),
            user_id=user.id,
            purpose=purpose,
            email=email,
            next_url=next_url,
            expires_at=clock.now() + DURATION,
        )
    )
    await session.flush()
    return token


async def find_token(token: str, purpose: TokenPurpose) -> TokenOwner | None:
    """The owner of a token; None if it is invalid, expired, used, or for another purpose. Nothing is used up."""
    token_hash = hash_handle(token)
    if token_hash is None:
        return None
    query = (
        select(User, MailToken.email, MailToken.next_url)
        .join_from(MailToken, User, User.id == MailToken.user_id)
        .where(_is_valid(token_hash, purpose), User.is_active)
    )
    async with current_database().session() as session:
        found = (await session.execute(query)).one_or_none()
    return None if found is None else TokenOwner(*found)


async def use_token_in(session: AsyncSession, token: str, purpose: TokenPurpose) -> TokenOwner | None:
    """The owner of a token, which is used up when the transaction is committed; None as for :func:`find_token`.

    Of two transactions with one token the second waits for the lock on the user's row, and then finds no token.
    """
    token_hash = hash_handle(token)
    if token_hash is None:
        return None
    owner = select(MailToken.user_id).where(_is_valid(token_hash, purpose))
    user = await lock_owner_in(session, await session.scalar(owner))
    if user is None:
        return None
    use = delete(MailToken).where(_is_valid(token_hash, purpose)).returning(MailToken.email, MailToken.next_url)
    row = (await session.execute(use)).one_or_none()
    return None if row is None else TokenOwner(user, *row)


async def end_tokens_in(session: AsyncSession, user_id: int) -> None:
    """End all tokens of a user, whose row is locked, and drop the mails that would be sent with further ones.

    A mail to set a password is not among them, because whose it is is looked up when it is sent: one that waits is
    sent if the account still has its address.
    """
    await session.execute(delete(MailToken).where(MailToken.user_id == user_id))
    await session.execute(delete(OutgoingMail).where(_confirms_address_of(user_id)))


async def end_other_addresses_in(session: AsyncSession, user: User, *, keep: str) -> None:
    """End the tokens that would change the address of a user, whose row is locked, to another one than *keep*."""
    kept = (user.email, keep)
    tokens = delete(MailToken).where(
        MailToken.user_id == user.id,
        MailToken.purpose == TokenPurpose.CONFIRM_ADDRESS,
        MailToken.email.not_in(kept),
    )
    await session.execute(tokens)
    await session.execute(delete(OutgoingMail).where(_confirms_address_of(user.id), OutgoingMail.address.not_in(kept)))


def pending_address_of(user: User) -> Select[str]:
    """The query for the address that the user has asked for and not confirmed, while there is a mail or a link."""
    sent = select(MailToken.email).where(
        MailToken.user_id == user.id,
        MailToken.purpose == TokenPurpose.CONFIRM_ADDRESS,
        MailToken.email != user.email,
        MailToken.expires_at > clock.now(),
    )
    waiting = select(OutgoingMail.address).where(
        _confirms_address_of(user.id),
        OutgoingMail.address != user.email,
        OutgoingMail.next_attempt_at.is_not(None),
    )
    either = sent.union_all(waiting).subquery()
    return select(either.c.email).limit(1)


async def delete_expired_tokens(stop: asyncio.Event | None = None) -> int:
    """Delete the rows of expired tokens, in batches, each a transaction; return their number.

    Arguments:
        stop: when it is set, the current batch is the last.
    """
    return await delete_in_batches(current_database(), MailToken, MailToken.expires_at <= clock.now(), stop=stop)


def _is_valid(token_hash: str, purpose: TokenPurpose) -> ColumnElement[bool]:
    return and_(MailToken.token_hash == token_hash, MailToken.purpose == purpose, MailToken.expires_at > clock.now())


def _confirms_address_of(user_id: int) -> ColumnElement[bool]:
    return and_(OutgoingMail.user_id == user_id, OutgoingMail.kind == MailKind.CONFIRM_ADDRESS)
