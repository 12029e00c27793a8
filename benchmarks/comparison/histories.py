"""Random histories: steps of visitors in random order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from .steps import Move, Restart, Spoil
from .visits import WAYS, Open, Send, Steal, VisitorStep, change_password, confirm, log_in, log_out
from .visits import register as register_user

_NAMES = ("ada{n}", "zoë{n}")
_PAGES = ("/", "/index", "/account", "/account/password", "/api/v1/me", "/login", "/register", "/logout", "/nowhere")
_FORMS = ("/login", "/register", "/logout", "/account/password", "/reauthenticate")
_NEXT = ("", "?next=%2Faccount", "?next=//other.test", "?next=%2Faccount%2Fpassword")
_COOKIES = ("session", "remember")
_LENGTH = 18


def history(random: Random) -> Sequence[VisitorStep]:
    """The steps of one history; the two users exist from the beginning."""
    beginning = [register_user(name, email=f"user{number}-{{n}}@example.com") for number, name in enumerate(_NAMES)]
    return [*beginning, *(_step(random) for _ in range(_LENGTH))]


def _step(random: Random) -> VisitorStep:
    browser = random.choice("aab")
    kinds: list[tuple[int, Callable[[], VisitorStep]]] = [
        (8, lambda: Open(random.choice(_PAGES), browser, random.choice(("GET",) * 9 + ("HEAD",)))),
        (
            5,
            lambda: log_in(
                random.choice(_NAMES),
                browser,
                path=f"/login{random.choice(_NEXT)}",
                remember=random.random() < 0.6,
            ),
        ),
        (2, lambda: log_out(browser)),
        (3, lambda: confirm(browser, path=f"/reauthenticate{random.choice(_NEXT)}")),
        (1, lambda: confirm(browser, password="wrong")),
        (1, lambda: change_password("correct horse battery", browser)),
        (1, lambda: Send(random.choice(_FORMS), {}, browser, random.choice(("none", "last", "wrong")))),
        (3, lambda: Restart(browser)),
        (2, lambda: Steal(random.choice(_COOKIES), browser, random.choice((0, 0, 2, 5)))),
        (1, lambda: Spoil(random.choice(_COOKIES), random.choice(WAYS), browser)),
        (3, Move),
    ]
    weights, makers = zip(*kinds, strict=True)
    maker: Callable[[], VisitorStep] = random.choices(makers, weights)[0]
    return maker()
