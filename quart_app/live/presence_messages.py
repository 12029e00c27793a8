"""The presence messages of workers: each tells the others who is online there. Text in, text out, and no I/O.

Each worker keeps a copy of the people of each other one. Nothing is stored anywhere, so a killed worker leaves nothing
behind: a worker that has been silent for a while is forgotten, with its people. A lost message is noticed by the number
of the next one, and its sender is asked for everything. A message is a JSON object:

=========  =====================================================================================
``from``   the worker
``number`` how often its people have changed; a message without a change is only a heartbeat
``come``   people (id and name) who have come online since the last number
``gone``   people who have gone offline since then
``all``    instead of these two: all people who are online there
``ask``    the workers that are asked to send ``all``; ``*`` is every other one
=========  =====================================================================================
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .people import People, Person

HEARTBEAT_INTERVAL = 5.0
"""Seconds between two messages of a worker whose people do not change."""
WORKER_TIMEOUT = 3 * HEARTBEAT_INTERVAL
"""Seconds without a message after which a worker is forgotten."""

_EVERY_WORKER = "*"


@dataclass
class _Worker:
    """The copy of another worker's state."""

    number: int = -1
    people: set[Person] = field(default_factory=set)
    heard_at: float = 0.0


class PresenceMessages:
    """Makes the messages of this worker, and reads those of the others.

    Arguments:
        name: a name that no other worker has.
        everywhere: the people of all workers. Those of the other workers are added here, those of this one by the hub.
    """

    def __init__(self, name: str, everywhere: People) -> None:
        self.everywhere = everywhere
        self._name = name
        self._number = 0
        self._here: set[Person] = set()
        self._changes: dict[Person, bool] = {}
        self._workers: dict[str, _Worker] = {}
        self._to_ask: set[str] = set()
        self._send_all = False
        self.resynchronize()

    # --- sending

    def add(self, person: Person) -> None:
        """Record that a person is online at this worker."""
        self._here.add(person)
        self._changes[person] = True

    def remove(self, person: Person) -> None:
        """Record that a person is no longer online at this worker."""
        self._here.discard(person)
        self._changes[person] = False

    def resynchronize(self) -> None:
        """Send everything with the next message, and ask all others to do so: earlier messages may have been lost."""
        self._send_all = True
        self._to_ask = {_EVERY_WORKER}

    @property
    def has_news(self) -> bool:
        """Whether the next message would be more than a heartbeat."""
        return bool(self._changes or self._to_ask or self._send_all)

    def next_message(self) -> str:
        """The message to send now; what it contains counts as sent."""
        self._number += bool(self._changes)
        message: dict[str, Any] = {"from": self._name, "number": self._number}
        if self._send_all:
            message["all"] = sorted(self._here)
        elif self._changes:
            message["come"] = [person for person, is_here in self._changes.items() if is_here]
            message["gone"] = [person for person, is_here in self._changes.items() if not is_here]
        if self._to_ask:
            message["ask"] = sorted(self._to_ask)
        self._send_all = False
        self._changes, self._to_ask = {}, set()
        return json.dumps(message)

    # --- receiving

    def receive(self, text: str | bytes, now: float) -> bool:
        """Read a message; return whether anybody came online or went offline by it.

        Arguments:
            text: a message that :meth:`next_message` of another worker made, or of this one.
            now: seconds on a monotonic clock.

        Raises:
            ValueError, KeyError, TypeError: it is not a presence message.
        """
        message = json.loads(text)
        name, number = str(message["from"]), int(message["number"])
        if name == self._name:
            return False
        worker = self._workers.setdefault(name, _Worker())
        worker.heard_at = now
        asked = message.get("ask", ())
        self._send_all = self._send_all or self._name in asked or _EVERY_WORKER in asked
        if "all" in message:
            people = _people(message["all"])
        elif number == worker.number + ("come" in message):
            people = (worker.people | _people(message.get("come", ()))) - _people(message.get("gone", ()))
        else:
            self._to_ask.add(name)
            return False
        worker.number = number
        return self._replace(worker, people)

    def forget_silent_workers(self, now: float) -> bool:
        """Forget the workers that have sent nothing for :data:`WORKER_TIMEOUT`; return whether anybody went offline."""
        silent = [name for name, worker in self._workers.items() if now - worker.heard_at > WORKER_TIMEOUT]
        changes = [self._replace(self._workers.pop(name), set()) for name in silent]
        return any(changes)

    def _replace(self, worker: _Worker, people: set[Person]) -> bool:
        changes = [self.everywhere.add(person) for person in people - worker.people]
        changes += [self.everywhere.remove(person) for person in worker.people - people]
        worker.people = people
        return any(changes)


def _people(rows: list[tuple[int, str]]) -> set[Person]:
    return {Person(int(number), str(name)) for number, name in rows}
