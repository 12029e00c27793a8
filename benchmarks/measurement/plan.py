"""How often and how long, so that it ends when it should."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from .cases import Case, Row, all_cases
from .loads import How

#: Seconds that are lost at each turn: to start the load, and to let it end.
_BETWEEN = 0.5
#: Seconds more for each connection, whose last request is still answered.
_BETWEEN_PER_CONNECTION = 1.5e-3
#: Seconds to start a server and to warm it up.
_START = 2.5
#: Seconds to fill a database.
_STAGE = 1.0
_STAGE_PER_USER = 20e-6


@dataclass(frozen=True)
class Plan:
    """What will be done.

    Attributes:
        repetitions: turns of each row.
        seconds: that a turn lasts.
        histories: random histories in the comparison that comes first.
        with_library: whether ``tests/parity`` is part of it.
    """

    name: str
    cases: Sequence[Case]
    repetitions: int
    seconds: float
    histories: int
    with_library: bool

    def duration(self) -> float:
        """About how many seconds all of it takes, the comparison aside."""
        return sum(map(self.case_duration, self.cases))

    def case_duration(self, case: Case) -> float:
        """About how many seconds a case takes."""
        places = {row.place for row in case.rows}
        started = {(row.contender, row.place) for row in case.rows}
        staging = sum(_STAGE + place.users * _STAGE_PER_USER for place in places)
        turns = sum(row.load.preparation + row.load.seconds(self.seconds) + _rest(row) for row in case.rows)
        return staging + len(started) * _START + turns * case.repetitions(self.repetitions)


def _rest(row: Row) -> float:
    """Seconds after a turn."""
    is_socket = row.load.how in (How.IDLE_SOCKETS, How.TALKING_SOCKETS)
    return _BETWEEN + (0 if is_socket else row.load.connections * _BETWEEN_PER_CONNECTION)


def quick_plan() -> Plan:
    """In two minutes: an impression, with too few turns to rely on."""
    cases = [replace(case, rows=case.rows[:6]) for case in all_cases() if case.is_quick]
    return Plan("quick", cases, repetitions=1, seconds=1.0, histories=5, with_library=False)


def default_plan() -> Plan:
    """In twenty minutes."""
    return Plan(
        "default",
        [case for case in all_cases() if case.is_usual],
        repetitions=5,
        seconds=1.0,
        histories=30,
        with_library=False,
    )


def thorough_plan() -> Plan:
    """In about an hour and a half, for figures to publish."""
    return Plan("thorough", all_cases(), repetitions=9, seconds=5.0, histories=200, with_library=True)


def only(plan: Plan, keys: Collection[str]) -> Plan:
    """The plan with these cases alone.

    Raises:
        KeyError: there is no such case.
    """
    known = {case.key: case for case in all_cases()}
    return replace(plan, cases=[known[key] for key in keys])
