"""The conversation between workers, through Redis (publish and subscribe): one connection to listen for a worker."""

from __future__ import annotations

import asyncio
import logging
from random import uniform
from time import monotonic

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from .gossip import SIGN_OF_LIFE, SILENCE, Gossip
from .hub import Hub

_NAME = "quart_app:live:{database}"
"""Redis has databases, and its channels do not: the number keeps applications apart all the same."""

_PAUSE = 0.1  # seconds after each message: what happens meanwhile goes into the next one
_TIMEOUT = 2.0  # seconds for Redis to answer
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0  # seconds before connecting again

_log = logging.getLogger(__name__)


class Channel:
    """Says what this worker's gossip has to say, and lets it hear the others.

    Without Redis nothing but the names of other workers' people is missing. They come back by themselves.
    """

    def __init__(self, url: str, gossip: Gossip, hub: Hub) -> None:
        self._redis: Redis = Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
        self._name = _NAME.format(database=self._redis.connection_pool.connection_kwargs.get("db", 0))
        self._gossip = gossip
        self._hub = hub
        self._is_listening = asyncio.Event()

    async def listen(self) -> None:
        """Hear the others, without an end; connect again, after longer and longer waits, where that fails."""
        wait = _FIRST_WAIT
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(self._name)
                    self._gossip.start_over()
                    self._is_listening.set()
                    while True:
                        await self._hear_next(subscription)
                        wait = _FIRST_WAIT
            except (RedisError, OSError, TimeoutError) as error:
                _log.warning("Other workers cannot be heard, as Redis does not answer: %r", error)
            self._is_listening.clear()
            await asyncio.sleep(uniform(wait / 2, wait))  # noqa: S311 - not for secrets
            wait = min(2 * wait, _LONGEST_WAIT)

    async def _hear_next(self, subscription: PubSub) -> None:
        message = await subscription.get_message(timeout=SILENCE)
        if message is None:
            raise TimeoutError("Not even we ourselves can be heard.")
        if message["type"] != "message":
            return
        try:
            if self._gossip.hear(message["data"], monotonic()):
                self._hub.tell()
        except (ValueError, KeyError, TypeError):
            _log.warning("Somebody who is no worker of ours speaks on the channel %s.", self._name)

    async def speak(self) -> None:
        """Tell the others, without an end, what happens here, and that we are alive."""
        spoken_at = 0.0
        while True:
            await asyncio.sleep(_PAUSE)
            now = monotonic()
            if self._gossip.forget_silent(now):
                self._hub.tell()
            if self._is_listening.is_set() and (self._gossip.has_news or now - spoken_at >= SIGN_OF_LIFE):
                spoken_at = now
                await self._say(self._gossip.speak())

    async def close(self) -> None:
        """Let the others know that nobody is here any more, and hang up."""
        if self._is_listening.is_set():
            await self._say(self._gossip.speak())
        await self._redis.aclose()

    async def _say(self, text: str) -> None:
        try:
            await self._redis.publish(self._name, text)
        except (RedisError, OSError) as error:
            # The others notice by the next number that they have missed something, and ask.
            _log.warning("Other workers cannot be told, as Redis does not answer: %r", error)
