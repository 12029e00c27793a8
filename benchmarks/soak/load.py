"""People at a stated rate, whether or not the server keeps up, and what they saw."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from .people import FAULTS, Person


@dataclass
class Seen:
    """What was seen.

    Attributes:
        waits: when each answer came, in seconds from the beginning, and how many milliseconds it took.
        done: how often each thing was done.
        errors: what went wrong, and how often.
    """

    waits: list[tuple[float, float]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


class Load:
    """People who take turns: a request leaves when it is due, and its time begins then."""

    def __init__(self, address: str, *, people: int, rate: float) -> None:
        self._address = address
        self._count = people
        self._rate = rate
        self._due: asyncio.Queue[float] = asyncio.Queue()
        self._began = 0.0
        self.seen = Seen()

    async def run(self, seconds: float) -> None:
        """Let them do what they do for so long."""
        self._began = time.monotonic()
        pause = min(1.0, seconds / 10 / self._count)  # so that not all log in at once
        tasks = [asyncio.create_task(self._live(number, number * pause)) for number in range(1, self._count + 1)]
        try:
            for number in range(int(self._rate * seconds)):
                due = self._began + number / self._rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                self._due.put_nowait(due)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ended:
            if isinstance(end, Exception):  # none of those that the server may cause
                raise end

    async def _live(self, number: int, pause: float) -> None:
        await asyncio.sleep(pause)
        doing = "nothing"

        async def timed(name: str, do: Callable[[], Awaitable[Any]]) -> Any:
            nonlocal doing
            doing = name
            due = await self._due.get()
            result = await do()
            now = time.monotonic()
            self.seen.waits.append((now - self._began, (now - due) * 1000))
            self.seen.done[name] += 1
            return result

        person = Person(number, self._address, timed)
        try:
            while True:
                try:
                    await person.live()
                except FAULTS as fault:
                    self.seen.errors[f"{doing}: {type(fault).__name__} {fault}"[:300]] += 1
                    person.start_over()
        finally:
            person.leave()
