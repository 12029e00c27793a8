"""Sentry and OpenTelemetry beside compat: the receivers and the table of docs/monitoring.md, with the real packages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest

from tests.compat.site import plain_vary
from tests.docs.pages import ROOT

pytestmark = pytest.mark.tools

STREAMED: dict[str, Any] = {"send_default_pii": True, "trace_lifecycle": "stream"}
LOOKED = ["user_accessed", "user_loaded"]


@pytest.fixture(autouse=True)
def _the_packages() -> None:
    if find_spec("sentry_sdk") and find_spec("opentelemetry"):
        return
    how_to_get_them = (
        "Without sentry-sdk and OpenTelemetry docs/monitoring.md is not tested: pip install --group monitoring"
    )
    if os.environ.get("CI"):
        pytest.fail(how_to_get_them)
    pytest.skip(how_to_get_them)


def watched(
    path: str, *, kind: str = "async", remembered: bool = False, status: int = 200, **options: Any
) -> dict[str, Any]:
    """What a request for *path* does in an application that both watch."""
    request = json.dumps({"kind": kind, "path": path, "remembered": remembered, "options": options})
    command = [sys.executable, "-m", "tests.neighbours.watched", request]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["status"] == status
    return answer


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_receivers_give_the_id(kind: str) -> None:
    """A page that reads the user has its id in Sentry's event and in OpenTelemetry's span."""
    answer = watched("/look", kind=kind)

    assert (answer["sentry"], answer["opentelemetry"]) == (["1"], ["1"])
    assert (answer["vary"], answer["signals"], answer["loads"]) == ("Cookie", LOOKED, ["1"])


async def test_receivers_are_no_look() -> None:
    """A page that does not read the user is answered as without both tools, although an event is sent."""
    answer = watched("/event", remembered=True)

    assert (answer["sentry"], answer["opentelemetry"]) == ([None], [])
    assert (answer["vary"], answer["signals"], answer["cookies"]) == (await plain_vary(), [], [])


def test_a_login_gives_the_id() -> None:
    """The request that logs in has the id, too."""
    assert watched("/login")["opentelemetry"] == ["1"]


@pytest.mark.parametrize(("path", "status"), [("/look", 200), ("/error", 500)])
def test_no_query_string_is_recorded(path: str, status: int) -> None:
    """Neither tool records the token of a link, not even after an error, while both record its page."""
    answer = watched(f"{path}?token=of-a-link", status=status)

    assert any(path in recorded for recorded in answer["urls"])
    assert not any("of-a-link" in recorded for recorded in answer["urls"])


def test_an_event_is_a_look_if_sentry_asks() -> None:
    """With ``send_default_pii`` an event reads the user, and a restored login is written."""
    answer = watched("/event", remembered=True, send_default_pii=True)

    assert answer["sentry"] == ["1"]
    assert (answer["vary"], answer["cookies"]) == ("Cookie", ["session"])
    assert answer["signals"] == ["user_accessed", "user_loaded_from_cookie", "user_loaded"]


async def test_a_refused_look_of_sentry_leaves_no_trace() -> None:
    """With streaming, Sentry asks before an async loader has run: the page is answered as without Sentry."""
    answer = watched("/public", remembered=True, **STREAMED)

    assert (answer["vary"], answer["signals"], answer["cookies"]) == (await plain_vary(), [], [])


@pytest.mark.parametrize("path", ["/public", "/look"])
def test_sentry_calls_a_sync_loader_once(path: str) -> None:
    """With streaming, Sentry's question calls a sync loader, which is not called again."""
    answer = watched(path, kind="sync", **STREAMED)

    assert (answer["loads"], answer["vary"], answer["signals"]) == (["1"], "Cookie", LOOKED)
