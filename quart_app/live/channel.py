"""Presence messages between workers through Redis (publish and subscribe): one subscription for each worker."""

from __future__ import annotations

import asyncio
from random import uniform
from time import monotonic

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from quart_app.operation.guarded_logger import GuardedLogger

from .hub import Hub
from .presence_messages import HEARTBEAT_INTERVAL, WORKER_TIMEOUT, PresenceMessages

_NAME = "quart_app:live:{database}"
"""Channels are shared by all databases of a Redis server; the number of the database keeps applications apart."""

_SEND_INTERVAL = 0.1  # seconds between two messages at least: changes in between are sent together
_REDIS_TIMEOUT = 2.0  # seconds for Redis to connect, and to answer
_FIRST_RETRY, _LAST_RETRY = 0.2, 5.0  # seconds before connecting again, doubled each time

_log = GuardedLogger(__name__)


class Channel:
    """Sends the presence messages of this worker, and receives those of the others.

    While Redis does not answer, only the people of other workers are missing from the page. They come back by
    themselves.

    Arguments:
        url: of the Redis server.
        messages: makes and reads the messages.
        hub: is notified of every change.
    """

    def __init__(self, url: str, messages: PresenceMessages, hub: Hub) -> None:
        self._redis: Redis = Redis.from_url(url, socket_timeout=_REDIS_TIMEOUT, socket_connect_timeout=_REDIS_TIMEOUT)
        self._name = _NAME.format(database=self._redis.connection_pool.connection_kwargs.get("db", 0))
        self._messages = messages
        self._hub = hub
        self._is_subscribed = asyncio.Event()

    async def receive(self) -> None:
        """Receive messages until cancelled. After a failure, subscribe again with exponential backoff."""
        wait = _FIRST_RETRY
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(self._name)
                    self._messages.resynchronize()
                    self._is_subscribed.set()
                    while True:
                        await self._receive_next(subscription)
                        wait = _FIRST_RETRY
            except (RedisError, OSError, TimeoutError) as error:
                _log.warning("Redis does not answer, so the live page shows no users of other workers: %r", error)
            self._is_subscribed.clear()
            await asyncio.sleep(uniform(wait / 2, wait))  # noqa: S311 - not for secrets
            wait = min(2 * wait, _LAST_RETRY)

    async def _receive_next(self, subscription: PubSub) -> None:
        message = await subscription.get_message(timeout=WORKER_TIMEOUT)
        if message is None:
            raise TimeoutError(f"No message has arrived for {WORKER_TIMEOUT:.0f} seconds, not even from this worker.")
        if message["type"] != "message":
            return
        try:
            if self._messages.receive(message["data"], monotonic()):
                self._hub.notify()
        except (ValueError, KeyError, TypeError):
            _log.warning(
                "Ignored a message on the Redis channel %s that no worker sent. Does another program use it?",
                self._name,
            )

    async def send(self) -> None:
        """Send changes, or a heartbeat if there are none, until cancelled; also forget workers that are silent."""
        sent_at = 0.0
        while True:
            await asyncio.sleep(_SEND_INTERVAL)
            now = monotonic()
            if self._messages.forget_silent_workers(now):
                self._hub.notify()
            if self._is_subscribed.is_set() and (self._messages.has_news or now - sent_at >= HEARTBEAT_INTERVAL):
                sent_at = now
                await self._publish(self._messages.next_message())

    async def close(self) -> None:
        """Send the last changes, so that this worker has no people left, and disconnect."""
        if self._is_subscribed.is_set():
            await self._publish(self._messages.next_message())
        await self._redis.aclose()

    async def _publish(self, text: str) -> None:
        try:
            await self._redis.publish(self._name, text)
        except (RedisError, OSError) as error:
            # The others notice by the next number that a message is missing, and ask for everything.
            _log.warning("Redis does not answer, so other workers do not show the users of this one: %r", error)
