"""Presence messages between workers: users are shown soon, and removed when they leave."""

from __future__ import annotations

import json

import pytest

from quart_app.live.people import People, Person
from quart_app.live.presence_messages import HEARTBEAT_INTERVAL, WORKER_TIMEOUT, PresenceMessages

SUSAN, HENRY, IDA = Person(1, "susan"), Person(2, "Henry"), Person(3, "ida")


class Worker(PresenceMessages):
    """A worker, with a clock."""

    def __init__(self, name: str) -> None:
        super().__init__(name, People())
        self.now = 0.0

    @property
    def seen(self) -> list[Person]:
        return self.everywhere.first(10)


def exchange(*workers: Worker) -> None:
    """Deliver messages until no worker has news, which must be soon."""
    for _ in range(5):
        for text in [worker.next_message() for worker in workers if worker.has_news]:
            for worker in workers:
                worker.receive(text, worker.now)
    assert not any(worker.has_news for worker in workers)


@pytest.fixture
def one() -> Worker:
    """A worker."""
    return Worker("one")


@pytest.fixture
def two() -> Worker:
    """Another one."""
    return Worker("two")


def test_new_worker_learns_all(one: Worker, two: Worker) -> None:
    """A worker that starts learns who is online already, and the others learn who is online there."""
    one.add(SUSAN)
    two.add(HENRY)
    exchange(one, two)
    third = Worker("three")
    third.add(IDA)
    exchange(one, two, third)
    assert third.seen == [HENRY, SUSAN]
    assert one.seen == [HENRY, IDA]
    assert two.seen == [IDA, SUSAN]


def test_changes(one: Worker, two: Worker) -> None:
    """Changes reach the other workers, in messages that contain nothing else."""
    exchange(one, two)
    one.add(SUSAN)
    one.add(HENRY)
    message = one.next_message()
    assert "all" not in json.loads(message)
    assert two.receive(message, 0)
    assert two.seen == [HENRY, SUSAN]
    one.remove(HENRY)
    one.add(IDA)
    one.remove(IDA)
    assert two.receive(one.next_message(), 0)
    assert two.seen == [SUSAN]
    assert not two.receive(one.next_message(), 0)


def test_one_person_at_two_workers(one: Worker, two: Worker) -> None:
    """A person at two workers is online once, until they have left both."""
    third = Worker("three")
    one.add(SUSAN)
    two.add(SUSAN)
    exchange(one, two, third)
    assert third.seen == [SUSAN]
    one.remove(SUSAN)
    exchange(one, two, third)
    assert third.seen == [SUSAN]
    two.remove(SUSAN)
    exchange(one, two, third)
    assert third.seen == []


def test_a_lost_message(one: Worker, two: Worker) -> None:
    """A lost message is noticed by the next one, even a heartbeat, and made up for."""
    one.add(SUSAN)
    exchange(one, two)
    one.add(HENRY)
    one.next_message()  # is lost
    two.receive(one.next_message(), 0)
    assert two.has_news
    exchange(one, two)
    assert two.seen == [HENRY, SUSAN]


def test_killed_worker(one: Worker, two: Worker) -> None:
    """A worker that is silent for too long is forgotten with its people; one that sends heartbeats is not."""
    one.add(SUSAN)
    exchange(one, two)
    assert not two.forget_silent_workers(WORKER_TIMEOUT)
    two.receive(one.next_message(), HEARTBEAT_INTERVAL)
    assert not two.forget_silent_workers(WORKER_TIMEOUT + 1)
    assert two.seen == [SUSAN]
    assert two.forget_silent_workers(HEARTBEAT_INTERVAL + WORKER_TIMEOUT + 1)
    assert two.seen == []


def test_interrupted_connection(one: Worker, two: Worker) -> None:
    """After an interruption both workers know everything again, and what changed meanwhile."""
    one.add(SUSAN)
    two.add(HENRY)
    exchange(one, two)
    for worker in (one, two):
        assert worker.forget_silent_workers(2 * WORKER_TIMEOUT)
    one.add(IDA)
    one.next_message()
    for worker in (one, two):
        worker.now = 3 * WORKER_TIMEOUT
        worker.resynchronize()
    exchange(one, two)
    assert two.seen == [IDA, SUSAN]
    assert one.seen == [HENRY]


def test_own_messages(one: Worker) -> None:
    """A worker ignores its own messages, which it receives, too."""
    one.add(SUSAN)
    assert not one.receive(one.next_message(), 0)
    assert one.seen == []
    assert not one.has_news


@pytest.mark.parametrize(
    "text",
    ["", "[]", "5", "{}", '{"from": "x"}', '{"from": "x", "number": null}', '{"from": "x", "number": 1, "all": 5}'],
)
def test_invalid_message(one: Worker, text: str) -> None:
    """An invalid message is an error that the channel catches, and changes nothing."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        one.receive(text, 0)
    assert one.seen == []


def test_names_are_sorted_without_case() -> None:
    """People are sorted by name without case, each once, and all can be removed again."""
    people = People()
    for person in (SUSAN, IDA, HENRY, SUSAN):
        people.add(person)
    assert people.first(2) == [HENRY, IDA]
    assert (len(people), people.count(SUSAN)) == (3, 2)
    assert [people.remove(person) for person in (SUSAN, IDA, SUSAN, HENRY)] == [False, True, True, True]
    assert people.first(2) == []
