"""What workers tell each other about who is online. No input or output here: texts come in and go out.

Each worker keeps a copy of what each other one has said. Nothing is stored anywhere, so there is nothing that a
killed worker could leave behind: whoever has not been heard for a while is forgotten, with its people. A message
that was lost is noticed by the next one's number, and its sender asked for everything. A message is an object:

=========  =====================================================================================
``from``   the worker
``number`` how often its people have changed; a message without changes is only a sign of life
``come``   people (id and name) who have come since the last number
``gone``   people who have gone
``all``    instead of these two, everybody who is there
``ask``    the workers that are to send ``all``; ``*`` is every other one
=========  =====================================================================================
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .people import People, Person

SIGN_OF_LIFE = 5.0
"""Seconds between two messages of a worker at which nothing happens."""
SILENCE = 3 * SIGN_OF_LIFE
"""After so many seconds without a message a worker is gone."""

_EVERYBODY = "*"


@dataclass
class _Worker:
    """Another worker, as far as we have heard."""

    number: int = -1
    people: set[Person] = field(default_factory=set)
    heard_at: float = 0.0


class Gossip:
    """One worker's part of the conversation.

    Arguments:
        me: a name that no other worker has.
        everywhere: where the people of all workers are counted, those of this one by somebody else.
    """

    def __init__(self, me: str, everywhere: People) -> None:
        self.everywhere = everywhere
        self._me = me
        self._number = 0
        self._here: set[Person] = set()
        self._changes: dict[Person, bool] = {}
        self._workers: dict[str, _Worker] = {}
        self._to_ask: set[str] = set()
        self._is_asked = False
        self.start_over()

    # --- what we say

    def come(self, person: Person) -> None:
        """Somebody is here now."""
        self._here.add(person)
        self._changes[person] = True

    def go(self, person: Person) -> None:
        """Somebody is not here any more."""
        self._here.discard(person)
        self._changes[person] = False

    def start_over(self) -> None:
        """Whatever has been said may not have been heard: tell everything, and ask everybody."""
        self._is_asked = True
        self._to_ask = {_EVERYBODY}

    @property
    def has_news(self) -> bool:
        """Whether there is more to say than that we are alive."""
        return bool(self._changes or self._to_ask or self._is_asked)

    def speak(self) -> str:
        """The message to send now."""
        self._number += bool(self._changes)
        message: dict[str, Any] = {"from": self._me, "number": self._number}
        if self._is_asked:
            message["all"] = sorted(self._here)
        elif self._changes:
            message["come"] = [person for person, is_here in self._changes.items() if is_here]
            message["gone"] = [person for person, is_here in self._changes.items() if not is_here]
        if self._to_ask:
            message["ask"] = sorted(self._to_ask)
        self._is_asked = False
        self._changes, self._to_ask = {}, set()
        return json.dumps(message)

    # --- what others say

    def hear(self, text: str | bytes, now: float) -> bool:
        """Take in a message; whether it says that people have come or gone.

        Arguments:
            text: what another worker's :meth:`speak` gave, or one's own.
            now: seconds on a clock that never goes back.

        Raises:
            ValueError, KeyError, TypeError: it is no message of ours.
        """
        message = json.loads(text)
        name, number = str(message["from"]), int(message["number"])
        if name == self._me:
            return False
        worker = self._workers.setdefault(name, _Worker())
        worker.heard_at = now
        asked = message.get("ask", ())
        self._is_asked = self._is_asked or self._me in asked or _EVERYBODY in asked
        if "all" in message:
            people = _people(message["all"])
        elif number == worker.number + ("come" in message):
            people = (worker.people | _people(message.get("come", ()))) - _people(message.get("gone", ()))
        else:
            self._to_ask.add(name)
            return False
        worker.number = number
        return self._replace(worker, people)

    def forget_silent(self, now: float) -> bool:
        """Forget the workers that have not been heard for too long; whether anybody has gone with them."""
        silent = [name for name, worker in self._workers.items() if now - worker.heard_at > SILENCE]
        changes = [self._replace(self._workers.pop(name), set()) for name in silent]
        return any(changes)

    def _replace(self, worker: _Worker, people: set[Person]) -> bool:
        changes = [self.everywhere.come(person) for person in people - worker.people]
        changes += [self.everywhere.go(person) for person in worker.people - people]
        worker.people = people
        return any(changes)


def _people(rows: list[tuple[int, str]]) -> set[Person]:
    return {Person(int(number), str(name)) for number, name in rows}
