"""The application and its twin behave alike, and the comparison finds a twin that does not."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from benchmarks.comparison import check, stories
from benchmarks.comparison.check import AnswersDiffer, check_applications
from benchmarks.comparison.steps import Restart, Spoil
from benchmarks.comparison.visits import WAYS
from benchmarks.comparison.worlds import FLASK, QUART, World, two_worlds
from tests.benchmarks.broken_twin import CHATTY_PAGE, LASTING_ROWS, LAX_COOKIES, break_twin


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
def test_applications_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login at one is valid at the other, all responses are alike, and whatever differs is reported with its steps.

    A cookie differs, then a page, and at last a row, after which the worlds are not alike any more.
    """
    with two_worlds(tmp_path, flask_factory="tests.benchmarks.broken_twin:application") as worlds:
        monkeypatch.setattr(check, "two_worlds", lambda _folder: nullcontext(worlds))  # served once for all of these
        compared = check_applications(histories=2, seed=1, say=_quiet)
        assert (compared.stories, compared.histories) == (3, 2)
        assert compared.moves >= 5
        for fault, what in (
            (LAX_COOKIES, "session_data: httponly"),
            (CHATTY_PAGE, "page"),
            (LASTING_ROWS, "rows of login_sessions"),
        ):
            for world in worlds:
                break_twin(world.file.parent, fault)
            with pytest.raises(AnswersDiffer) as raised:
                check_applications(histories=0, seed=1, say=_quiet)
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
