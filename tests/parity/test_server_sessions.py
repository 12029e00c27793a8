"""Sessions in Redis, shared with Flask-Session: its settings, and what is not seen in the stories of test_stories."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.comparison.steps import Move

from .loops import Loop
from .shared_sessions import shared_sessions
from .steps import Ask
from .test_stories import ADA, DONE, FOR_THE_FRESH, FRESH, LOGIN, LOGOUT, MEMBERS, NOBODY, REMEMBER, WHO, Storyteller

pytestmark = pytest.mark.services

SETTINGS: list[dict[str, Any]] = [
    {},
    {"SESSION_PERMANENT": False},
    {"SESSION_SERIALIZATION_FORMAT": "json"},
    {"SESSION_USE_SIGNER": True},
    {"SESSION_ID_LENGTH": 64},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_visit_at_both_applications(loop: Loop, redis_url: str, settings: dict[str, Any]) -> None:
    """Logins, messages and the rest of the session are valid at the other application, and end there, too."""
    with shared_sessions(redis_url, loop, **settings) as sessions:
        tell = Storyteller(loop, suspending=True, sessions=sessions)
        for protection in ("basic", "strong"):
            tell(
                (MEMBERS, "/login-page"),
                Move(),
                (Ask("/login-page"), "log in: [['message', 'Please log in to access this page.']]"),
                (REMEMBER, DONE),
                Move(),
                (WHO, ADA),
                (FRESH, FOR_THE_FRESH),
                Ask("/poke"),
                Move(),
                Ask("/poke"),
                (WHO, ADA),
                (LOGOUT, DONE),
                Move(),
                (WHO, NOBODY),
                (LOGIN, DONE),
                Move(),
                (FRESH, FOR_THE_FRESH),
                Ask("/clear"),
                (WHO, NOBODY),
                protection=protection,
            )
