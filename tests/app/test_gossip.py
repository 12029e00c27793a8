"""What workers tell each other: nobody is missed for long, and nobody stays who has gone."""

from __future__ import annotations

import json

import pytest

from quart_app.live.gossip import SIGN_OF_LIFE, SILENCE, Gossip
from quart_app.live.people import People, Person

SUSAN, HENRY, IDA = Person(1, "susan"), Person(2, "Henry"), Person(3, "ida")


class Worker(Gossip):
    """A worker, with a clock."""

    def __init__(self, name: str) -> None:
        super().__init__(name, People())
        self.now = 0.0

    @property
    def seen(self) -> list[Person]:
        return self.everywhere.first(10)


def talk(*workers: Worker) -> None:
    """Let them talk until nobody has news, which must be soon."""
    for _ in range(5):
        for text in [worker.speak() for worker in workers if worker.has_news]:
            for worker in workers:
                worker.hear(text, worker.now)
    assert not any(worker.has_news for worker in workers)


@pytest.fixture
def one() -> Worker:
    """A worker."""
    return Worker("one")


@pytest.fixture
def two() -> Worker:
    """Another one."""
    return Worker("two")


def test_who_comes_later_learns_all(one: Worker, two: Worker) -> None:
    """A worker that starts hears who is there already, and is heard."""
    one.come(SUSAN)
    two.come(HENRY)
    talk(one, two)
    third = Worker("three")
    third.come(IDA)
    talk(one, two, third)
    assert third.seen == [HENRY, SUSAN]
    assert one.seen == [HENRY, IDA]
    assert two.seen == [IDA, SUSAN]


def test_changes(one: Worker, two: Worker) -> None:
    """Who comes and goes does so at the others, by messages that say no more than that."""
    talk(one, two)
    one.come(SUSAN)
    one.come(HENRY)
    message = one.speak()
    assert "all" not in json.loads(message)
    assert two.hear(message, 0)
    assert two.seen == [HENRY, SUSAN]
    one.go(HENRY)
    one.come(IDA)
    one.go(IDA)
    assert two.hear(one.speak(), 0)
    assert two.seen == [SUSAN]
    assert not two.hear(one.speak(), 0)


def test_one_person_at_two_workers(one: Worker, two: Worker) -> None:
    """Somebody who is at two workers is there once, until both have said goodbye."""
    third = Worker("three")
    one.come(SUSAN)
    two.come(SUSAN)
    talk(one, two, third)
    assert third.seen == [SUSAN]
    one.go(SUSAN)
    talk(one, two, third)
    assert third.seen == [SUSAN]
    two.go(SUSAN)
    talk(one, two, third)
    assert third.seen == []


def test_a_lost_message(one: Worker, two: Worker) -> None:
    """What was missed is noticed by the next message, be it only a sign of life, and made good."""
    one.come(SUSAN)
    talk(one, two)
    one.come(HENRY)
    one.speak()  # which nobody hears
    two.hear(one.speak(), 0)
    assert two.has_news
    talk(one, two)
    assert two.seen == [HENRY, SUSAN]


def test_killed_worker(one: Worker, two: Worker) -> None:
    """A worker that is not heard any more is forgotten with its people; one that gives signs of life is not."""
    one.come(SUSAN)
    talk(one, two)
    assert not two.forget_silent(SILENCE)
    two.hear(one.speak(), SIGN_OF_LIFE)
    assert not two.forget_silent(SILENCE + 1)
    assert two.seen == [SUSAN]
    assert two.forget_silent(SIGN_OF_LIFE + SILENCE + 1)
    assert two.seen == []


def test_worker_that_was_thought_dead(one: Worker, two: Worker) -> None:
    """After an interruption both know everything again, also what happened meanwhile."""
    one.come(SUSAN)
    two.come(HENRY)
    talk(one, two)
    for worker in (one, two):
        assert worker.forget_silent(2 * SILENCE)
    one.come(IDA)
    one.speak()
    for worker in (one, two):
        worker.now = 3 * SILENCE
        worker.start_over()
    talk(one, two)
    assert two.seen == [IDA, SUSAN]
    assert one.seen == [HENRY]


def test_silent_workers_are_none(one: Worker) -> None:
    """One's own messages, which come back, say nothing new."""
    one.come(SUSAN)
    assert not one.hear(one.speak(), 0)
    assert one.seen == []
    assert not one.has_news


@pytest.mark.parametrize(
    "text",
    ["", "[]", "5", "{}", '{"from": "x"}', '{"from": "x", "number": null}', '{"from": "x", "number": 1, "all": 5}'],
)
def test_nonsense(one: Worker, text: str) -> None:
    """What is no message is an error that the channel knows, and changes nothing."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        one.hear(text, 0)
    assert one.seen == []


def test_names_are_sorted_without_case() -> None:
    """People are found in the order of a telephone book, each once, and can all go again."""
    people = People()
    for person in (SUSAN, IDA, HENRY, SUSAN):
        people.come(person)
    assert people.first(2) == [HENRY, IDA]
    assert (len(people), people.times(SUSAN)) == (3, 2)
    assert [people.go(person) for person in (SUSAN, IDA, SUSAN, HENRY)] == [False, True, True, True]
    assert people.first(2) == []
