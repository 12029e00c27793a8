"""Registrations that may be repeated: the same key and body create one account, and get the same answer.

This is the Idempotency-Key of the IETF draft (draft-ietf-httpapi-idempotency-key-header). A program whose connection
broke cannot know whether the account was created, and would be told that its own name is taken.

An account and the mark that its registration is done are one transaction. A registration that fails leaves nothing
behind, so it can be repeated with the same key. One whose worker was killed is taken over after :data:`RUN_TIME`.
"""

from __future__ import annotations

import hmac
import math
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple

from quart import current_app
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock
from quart_app.database import DatabaseUnavailable, OutcomeUnknown, current_database, insert_into
from quart_app.models.keyed_registration import KeyedRegistration

KEPT_FOR = timedelta(hours=24)
"""How long the answer to a registration is repeated."""
RUN_TIME = timedelta(minutes=1)
"""How long a registration counts as running."""
_USUAL_TIME = timedelta(seconds=5)
"""How long a registration takes at most, unless its worker was killed or its database was lost."""
_RETRY_AFTER = 2  # seconds to wait for one that may still end as usual
_ROWS_PRUNED = 100  # by each registration with a key, which adds one


class Progress(Enum):
    """What became of a registration with the same key."""

    OURS = auto()  # there is none, so this request goes on
    RUNNING = auto()
    DONE = auto()
    OTHER_BODY = auto()


class Earlier(NamedTuple):
    """What became of a registration with the same key, and what follows from it.

    Attributes:
        progress: what became of it.
        registered_at: when the account was created, if it is done.
        retry_after: seconds until it is worth asking again, if it is running.
    """

    progress: Progress
    registered_at: datetime | None = None
    retry_after: int = 0


class Claim(NamedTuple):
    """A key and a body, as they are stored.

    Attributes:
        key_hash: of the key.
        body_hash: of the body.
    """

    key_hash: str
    body_hash: str

    @classmethod
    def of(cls, key: str, body: bytes) -> Claim:
        """The hashes of a key and a body.

        The body has a password, which a stolen table and a stolen secret key must not make guessable. So the client's
        key is part of the key of its hash: it is random, and nowhere stored.
        """
        secret = str(current_app.secret_key).encode()
        key_hash = hmac.digest(secret, b"idempotency key:" + key.encode(), "sha256")
        body_key = hmac.digest(secret, b"idempotent body:" + key.encode(), "sha256")
        return cls(key_hash.hex(), hmac.digest(body_key, body, "sha256").hex())


async def begin_registration(claim: Claim) -> Earlier:
    """Begin a registration, unless there is one with the same key.

    Raises:
        DatabaseUnavailable: no account was created, even if the database failed at the commit. The key may count as
            running then, for :data:`RUN_TIME`.
    """
    try:
        return await _begin(claim)
    except OutcomeUnknown as error:
        raise DatabaseUnavailable from error.__cause__


async def _begin(claim: Claim) -> Earlier:
    now, database = clock.now(), current_database()
    first = insert_into(KeyedRegistration, database).values(**claim._asdict(), ends_at=now + RUN_TIME)
    taking = first.on_conflict_do_update(
        index_elements=[KeyedRegistration.key_hash],
        set_={"body_hash": claim.body_hash, "registered_at": None, "ends_at": now + RUN_TIME},
        where=KeyedRegistration.ends_at <= now,
    ).returning(KeyedRegistration.key_hash)
    async with database.session() as session:
        await _prune_in(session, now)
        is_ours = (await session.execute(taking)).one_or_none() is not None
        row = None if is_ours else await session.get(KeyedRegistration, claim.key_hash)
        await session.commit()
    if is_ours:
        return Earlier(Progress.OURS)
    if row is None:  # it failed, or was pruned, just now
        return Earlier(Progress.RUNNING, retry_after=_RETRY_AFTER)
    if not hmac.compare_digest(row.body_hash, claim.body_hash):
        return Earlier(Progress.OTHER_BODY)
    if row.registered_at is not None:
        return Earlier(Progress.DONE, registered_at=row.registered_at)
    return Earlier(Progress.RUNNING, retry_after=_seconds_to_wait(row.ends_at - now))


def _seconds_to_wait(rest: timedelta) -> int:
    """When to ask again for a registration that counts as running for the *rest* of its :data:`RUN_TIME`.

    One that takes longer than usual will not end: its key is free after the rest. Requests before that would only use
    up what the address may register.
    """
    if RUN_TIME - rest < _USUAL_TIME:
        return _RETRY_AFTER
    return max(math.ceil(rest.total_seconds()), 1)


async def finish_registration_in(session: AsyncSession, claim: Claim, registered_at: datetime) -> None:
    """Mark a registration as done, in the transaction that creates the account."""
    done = update(KeyedRegistration).where(_is_running(claim))
    await session.execute(done.values(registered_at=registered_at, ends_at=registered_at + KEPT_FOR))


async def give_up_registration(claim: Claim) -> None:
    """Forget a registration that has failed: its key can be used again.

    If the database does not answer, the key counts as running until :data:`RUN_TIME` is over.
    """
    try:
        await current_database().execute(delete(KeyedRegistration).where(_is_running(claim)))
    except DatabaseUnavailable as error:
        current_app.logger.warning(
            "A failed registration keeps its Idempotency-Key for a minute, because the database does not answer: %s",
            error.__cause__,
        )


def _is_running(claim: Claim) -> ColumnElement[bool]:
    return and_(
        KeyedRegistration.key_hash == claim.key_hash,
        KeyedRegistration.body_hash == claim.body_hash,
        KeyedRegistration.registered_at.is_(None),
    )


async def _prune_in(session: AsyncSession, now: datetime) -> None:
    """Delete some rows that count no longer, so that there are never many of them."""
    ended = (
        select(KeyedRegistration.key_hash)
        .where(KeyedRegistration.ends_at <= now)
        .limit(_ROWS_PRUNED)
        .with_for_update(skip_locked=True)  # for PostgreSQL
        .cte()
    )
    query = delete(KeyedRegistration).where(KeyedRegistration.key_hash.in_(select(ended.c.key_hash)))
    await session.execute(query.execution_options(synchronize_session=False))
