"""The comparison itself: it finds no difference between equals, and each one that is made on purpose."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from benchmarks.comparison.cookies import SetCookie

from .broken import BROKEN
from .budget import histories
from .observe import differences
from .oracle import flask_login_as_documented
from .play import History, Outcome, assert_alike, play
from .sides import SIGNALS, Answer, flask_side
from .strategies import comparable_histories
from .switches import Switches

_documented = flask_login_as_documented()


def _is_found(what: Callable[[History], bool]) -> bool:
    """Whether one of many histories, the same in each run, fulfils the condition."""
    search = settings(
        max_examples=1500,
        phases=[Phase.generate],  # what is found need not be made any smaller
        report_multiple_bugs=False,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    try:
        find(comparable_histories, what, settings=search, random=Random(11))  # noqa: S311  # no secret
    except NoSuchExample:
        return False
    return True


def _beside(history: History, other: SimpleNamespace) -> Outcome:
    return play(
        history, flask_side(history.switches, _documented), flask_side(history.switches, other, name="the other")
    )


@histories(usual=30, share=0.1)
@given(history=comparable_histories)
@pytest.mark.fuzz
def test_flask_login_equals_itself(history: History) -> None:
    """Two Flask-Logins show no difference, so nothing that is compared depends on chance or time."""
    assert_alike(_beside(history, _documented))


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__.lstrip("_"))
@pytest.mark.fuzz
def test_a_broken_library_is_noticed(broken: Callable[[], SimpleNamespace]) -> None:
    """The comparison detects each broken library, so the histories reach the broken place."""
    library = broken()

    assert _is_found(lambda history: bool(_beside(history, library).differences))


@pytest.mark.fuzz
def test_the_histories_reach_everything() -> None:
    """A few hundred histories send each signal, get each kind of response, and set and delete each cookie."""
    seen: set[str] = set()

    def reaches_the_last_missing(history: History) -> bool:
        for answer, _ in _beside(history, _documented).answers:
            if answer is not None:
                seen.update(signal.partition("(")[0] for signal in answer.signals)
                seen.add(str(answer.status))
                for cookie in answer.cookies:
                    name = "session" if cookie.name == "session" else "remember cookie"
                    seen.add(f"{name} {'deleted' if cookie.deletes(answer.answered_at) else 'set'}")
        return wanted <= seen

    wanted = {*SIGNALS, "200", "302", "401", "403", "404", "405", "500"}
    wanted |= {f"{cookie} {done}" for cookie in ("session", "remember cookie") for done in ("set", "deleted")}

    assert _is_found(reaches_the_last_missing), f"never seen: {wanted - seen}"


_COOKIE = SetCookie(
    "remember_token", "ada|0", None, "/", secure=False, httponly=True, samesite=None, max_age=None, expires=5000.0
)
_ANSWER = Answer(
    200,
    "hello",
    None,
    (_COOKIE,),
    varies_by_cookie=True,
    signals=("user_accessed()",),
    loads=("ada",),
    asked_at=1000.25,
    answered_at=1000.5,
)


@pytest.mark.parametrize(
    "other",
    [
        replace(_ANSWER, status=201),
        replace(_ANSWER, body="hallo"),
        replace(_ANSWER, location="/"),
        replace(_ANSWER, cookies=()),
        replace(_ANSWER, cookies=(_COOKIE, _COOKIE)),
        replace(_ANSWER, varies_by_cookie=False),
        replace(_ANSWER, signals=()),
        replace(_ANSWER, loads=("ada", "ada")),
        *(
            replace(_ANSWER, cookies=(replace(_COOKIE, **change),))
            for change in (
                {"name": "keep"},
                {"value": "ada|1"},
                {"domain": "good.test"},
                {"path": None},
                {"secure": True},
                {"httponly": False},
                {"samesite": "Lax"},
                {"max_age": 4000},
                {"expires": None},
                {"expires": 5003.0},
                {"expires": 0.0},
                {"other": ("partitioned",)},
            )
        ),
    ],
    ids=str,
)
def test_whatever_is_different_is_noticed(other: Answer) -> None:
    """A change in any part of a response is detected."""
    assert list(differences(_ANSWER, other, Switches()))


def test_a_slow_side_is_no_different() -> None:
    """Cookies with the same lifetime are equal, even if one side responded later."""
    late: dict[str, Any] = {"asked_at": 1100.0, "answered_at": 1190.0}
    same = replace(_ANSWER, cookies=(replace(_COOKIE, expires=5150.0),), **late)
    longer = replace(_ANSWER, cookies=(replace(_COOKIE, expires=5192.0),), **late)

    assert not list(differences(_ANSWER, same, Switches()))
    assert list(differences(_ANSWER, longer, Switches()))
