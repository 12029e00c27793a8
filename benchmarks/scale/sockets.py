"""Websockets, and the messages by which workers tell each other who is online."""

from __future__ import annotations

import json
import time
import tracemalloc

import redis

from benchmarks import websocket_cost
from benchmarks.load.websockets import allow_many_files
from benchmarks.measurement.cases import Case, Place, Row
from benchmarks.measurement.contenders import QUART
from benchmarks.measurement.loads import How, Load
from benchmarks.measurement.turns import measure_case
from benchmarks.serving.commands import ROOT
from benchmarks.serving.process import usage_of
from quart_app.live.people import People
from quart_app.live.presence_messages import PresenceMessages

from .figures import Sockets
from .pages import Say

_SOCKETS = 2_000
_TALKING_SECONDS = 5.0
_WORKERS, _PEOPLE = 20, 5_000
"""Workers whose messages are read, and people who are online at each."""
_NEWS = 300
_SUBSCRIBERS, _MESSAGES = 20, 10_000
_REDIS_TIMEOUT = 30.0  # seconds for the answer to a subscription, on a machine that is busy with other things


def measure(redis_url: str, *, say: Say) -> Sockets:
    """All figures of websockets, one turn each."""
    allow_many_files()
    opened = websocket_cost.measure(ROOT, _SOCKETS, leaving=1.0)  # of which no figure is needed here
    say(f"{opened.kib} KiB a websocket, {opened.cpu} ms to open it")
    talking = Row("talking", QUART, Load("/live/ws", _SOCKETS, how=How.TALKING_SOCKETS), Place(users=_SOCKETS + 1))
    case = measure_case(Case("websockets", "", (talking,)), repetitions=1, seconds=_TALKING_SECONDS, say=say)
    news, person = cost_of_others()
    return Sockets(
        kib=opened.kib,
        opening=round(opened.cpu * 1000, 1),
        message=case.rows[0].median("cpu"),
        news=round(news, 4),
        person=person,
        delivery=round(delivery_cost(redis_url), 2),
    )


def cost_of_others() -> tuple[float, int]:
    """What the people of other workers cost a worker.

    Returns:
        Microseconds of CPU to read a message, for each person who is online at its sender; and bytes for each person.
    """
    tracemalloc.start()
    messages = PresenceMessages("this", People())
    for worker in range(_WORKERS):
        messages.receive(_all_of(worker), 0.0)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    began = time.process_time()
    for number in range(1, _NEWS + 1):
        person = _WORKERS * _PEOPLE + number
        come = json.dumps({"from": "0", "number": number, "come": [(person, f"user{person}")], "gone": []})
        if not messages.receive(come, 0.0):
            raise RuntimeError("A person did not come online.")
    used = time.process_time() - began
    return used / _NEWS / _PEOPLE * 1e6, kept // (_WORKERS * _PEOPLE)


def _all_of(worker: int) -> str:
    """The message by which a worker tells all its people."""
    numbers = range(worker * _PEOPLE, (worker + 1) * _PEOPLE)
    return json.dumps({"from": str(worker), "number": 0, "all": [(number, f"user{number}") for number in numbers]})


def delivery_cost(redis_url: str) -> float:
    """Microseconds of Redis's CPU to deliver one message to one subscriber."""
    text = json.dumps({"from": "a" * 16, "number": 1, "come": [(1, "susan")], "gone": [(2, "henry")]})
    with redis.Redis.from_url(redis_url) as client:
        subscriptions = [client.pubsub() for _ in range(_SUBSCRIBERS)]
        try:
            for subscription in subscriptions:
                subscription.subscribe("scale")
                subscription.get_message(timeout=_REDIS_TIMEOUT)
            before = usage_of("redis-server").cpu
            for _ in range(_MESSAGES):
                if client.publish("scale", text) != _SUBSCRIBERS:
                    raise RuntimeError("A subscriber is missing.")
            return (usage_of("redis-server").cpu - before) / (_MESSAGES * _SUBSCRIBERS) * 1e6
        finally:
            for subscription in subscriptions:
                subscription.close()
