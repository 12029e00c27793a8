"""Random histories, in which compat must do what Flask-Login does."""

import pytest
from hypothesis import given

import compat

from .budget import histories
from .loops import Loop, trio_loop
from .oracle import flask_login_as_documented
from .play import History, Outcome, assert_alike, play
from .sides import flask_side, quart_side
from .strategies import comparable_histories, timed_histories

_documented = flask_login_as_documented()


def _beside_flask_login(history: History, loop: Loop) -> Outcome:
    switches = history.switches
    return play(history, flask_side(switches, _documented), quart_side(switches, compat, loop))


@pytest.mark.filterwarnings("ignore:LOGIN_DISABLED:DeprecationWarning")
@histories(usual=120)
@given(history=comparable_histories)
@pytest.mark.fuzz
def test_a_history_looks_the_same(history: History, loop: Loop) -> None:
    """A client or a signal receiver observes no difference between compat and Flask-Login."""
    assert_alike(_beside_flask_login(history, loop))


@pytest.mark.filterwarnings("ignore:LOGIN_DISABLED:DeprecationWarning")
@histories(usual=30, share=0.25)
@given(history=comparable_histories)
@pytest.mark.fuzz
def test_a_history_looks_the_same_on_trio(history: History) -> None:
    """On Trio, with Quart-Trio, there is no difference either."""
    assert_alike(_beside_flask_login(history, trio_loop()))


@pytest.mark.filterwarnings("ignore:LOGIN_DISABLED:DeprecationWarning")
@histories(usual=60, share=0.5)
@given(history=timed_histories)
@pytest.mark.fuzz
def test_a_history_with_timed_tokens_looks_the_same(history: History, loop: Loop) -> None:
    """With compat's own tokens only the value of the remember cookie differs from Flask-Login's."""
    assert_alike(_beside_flask_login(history, loop))
