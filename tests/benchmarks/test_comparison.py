"""The application and its twin are alike, and where they are not, that is found."""

from __future__ import annotations

import pytest

from benchmarks.comparison import check, stories
from benchmarks.comparison.check import AnswersDiffer, check_applications


def _quiet(_text: str) -> None:
    """Print no progress."""


@pytest.fixture
def everyday(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few stories, in which the fault of each broken twin shows."""
    names = (
        "an everyday visit",
        "a remembered user stays remembered on both",
        "a form is opened on one and sent to the other",
    )
    monkeypatch.setattr(check, "STORIES", {name: stories.STORIES[name] for name in names})


@pytest.mark.usefixtures("everyday")
def test_logins_are_shared_both_ways() -> None:
    """A login on one application holds on the other, by session and by remember cookie, and all answers are alike."""
    compared = check_applications(histories=2, seed=1, say=_quiet)
    assert (compared.stories, compared.histories) == (3, 2)
    assert compared.moves >= 5


@pytest.mark.usefixtures("everyday")
@pytest.mark.parametrize(
    ("fault", "what"),
    [("lax_cookies", "session: httponly"), ("chatty_page", "page"), ("lasting_rows", "rows of login_sessions")],
)
def test_a_broken_twin_is_found(fault: str, what: str) -> None:
    """A cookie's attribute, a word on a page, a row in the database: what differs is told, with how it came to it."""
    with pytest.raises(AnswersDiffer) as raised:
        check_applications(histories=0, seed=1, say=_quiet, flask_factory=f"tests.benchmarks.broken_twin:{fault}")
    assert f"\n    {what}\n" in str(raised.value)
    assert "from quart_app on:" in str(raised.value)
