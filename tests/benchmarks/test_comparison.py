"""The application and its twin behave alike, and the comparison finds a twin that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.comparison import check, stories
from benchmarks.comparison.check import AnswersDiffer, check_applications
from benchmarks.comparison.steps import Restart, Spoil
from benchmarks.comparison.visits import WAYS
from benchmarks.comparison.worlds import FLASK, QUART, World


def _quiet(_text: str) -> None:
    """Print no progress."""


@pytest.fixture
def everyday(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few stories that show the fault of each broken twin."""
    names = (
        "an everyday visit",
        "a remembered user stays remembered on both",
        "a form is opened on one and sent to the other",
    )
    monkeypatch.setattr(check, "STORIES", {name: stories.STORIES[name] for name in names})


@pytest.mark.usefixtures("everyday")
def test_logins_are_shared_both_ways() -> None:
    """A login at one application is valid at the other, and all responses are alike."""
    compared = check_applications(histories=2, seed=1, say=_quiet)
    assert (compared.stories, compared.histories) == (3, 2)
    assert compared.moves >= 5


@pytest.mark.usefixtures("everyday")
@pytest.mark.parametrize(
    ("fault", "what"),
    [("lax_cookies", "session_data: httponly"), ("chatty_page", "page"), ("lasting_rows", "rows of login_sessions")],
)
def test_a_broken_twin_is_found(fault: str, what: str) -> None:
    """A difference in a cookie, a page or a row is reported with the steps that lead to it."""
    with pytest.raises(AnswersDiffer) as raised:
        check_applications(histories=0, seed=1, say=_quiet, flask_factory=f"tests.benchmarks.broken_twin:{fault}")
    assert f"\n    {what}\n" in str(raised.value)
    assert "from quart_app on:" in str(raised.value)


@pytest.fixture
def world() -> World:
    """A world without servers, whose visitor at quart_app has both cookies."""
    world = World(Path("no-database"), {}, QUART)
    world.begin(QUART)
    world.jars["a"].put("session", "a session")
    world.jars["a"].put("remember_token", "a token")
    return world


def test_moving_keeps_the_cookies(world: World) -> None:
    """A move changes the application and no cookie, and a second one leads back."""
    world.move()
    assert (world.place, world.jars["a"].header()) == (FLASK, "session=a session; remember_token=a token")
    world.move()
    assert world.place == QUART


def test_closing_the_browser_keeps_the_remember_cookie(world: World) -> None:
    """A restarted browser has lost its session cookie only."""
    Restart().play(world)
    assert world.jars["a"].header() == "remember_token=a token"


@pytest.mark.parametrize("way", WAYS)
def test_a_spoilt_cookie_is_another_one(world: World, way: str) -> None:
    """Each way to spoil a cookie changes the cookie that is named, and no other."""
    Spoil("remember", way).play(world)
    assert world.jars["a"].get("remember_token") != "a token"
    assert world.jars["a"].get("session") == "a session"
