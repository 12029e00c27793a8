"""A side of the comparison: an application with its users, its browsers and a record of its signals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.comparison.cookies import Jar, SetCookie

from . import wire
from .applications import flask_application, quart_application
from .loops import Loop
from .pages import Library, describe
from .people import People
from .switches import Switches

BROWSERS = ("a", "b")

#: Every signal of Flask-Login, and whether a receiver may look at the user. Flask-Login recurses without end at
#: those that it sends while it loads the user.
SIGNALS = {
    "session_protected": False,
    "user_accessed": False,
    "user_loaded_from_cookie": False,
    "user_loaded_from_request": False,
    "user_logged_in": True,
    "user_logged_out": True,
    "user_login_confirmed": True,
    "user_needs_refresh": True,
    "user_unauthorized": True,
}


@dataclass(frozen=True)
class Answer:
    """Everything a client and a signal receiver can observe of one request."""

    status: int
    body: str
    location: str | None
    cookies: tuple[SetCookie, ...]
    varies_by_cookie: bool
    signals: tuple[str, ...]
    #: The ids that the user loader was asked for.
    loads: tuple[object, ...]
    asked_at: float
    answered_at: float


class Side:
    """One application; reports call it *name*."""

    def __init__(
        self,
        name: str,
        switches: Switches,
        people: People,
        ask: Callable[[wire.WireRequest], wire.WireResponse],
        ear: "_Ear",
    ) -> None:
        self.name = name
        self.remember_cookie = switches.remember_cookie
        self.people = people
        self.jars = {browser: Jar() for browser in BROWSERS}
        self._ask = ask
        self._ear = ear

    def ask(self, browser: str, request: wire.WireRequest) -> Answer:
        """Send a request from a browser and let the browser keep the cookies of the answer."""
        self._ear.heard.clear()
        self.people.asked.clear()
        response = self._ask(request)
        answer = Answer(
            status=response.status,
            body=response.body.decode(),
            location=response.headers.get("Location"),
            cookies=tuple(SetCookie.parse(header) for header in response.headers.getlist("Set-Cookie")),
            varies_by_cookie="cookie" in ",".join(response.headers.getlist("Vary")).lower().replace(" ", "").split(","),
            signals=tuple(self._ear.heard),
            loads=tuple(self.people.asked),
            asked_at=response.asked_at,
            answered_at=response.answered_at,
        )
        for cookie in answer.cookies:
            self.jars[browser].receive(cookie, response.answered_at)
        return answer


def flask_side(switches: Switches, login: Library, name: str = "Flask-Login") -> Side:
    """Flask with Flask-Login, or with a namespace with the same names."""
    people = People(login.UserMixin)
    app = flask_application(switches, people, login)
    app.logger.disabled = True  # the histories provoke errors; they are answers here, not news
    return Side(name, switches, people, lambda request: wire.ask_wsgi(app, request), _Ear(app, login, switches))


def quart_side(switches: Switches, login: Library, loop: Loop, name: str = "compat") -> Side:
    """Quart with compat; on an event loop."""
    people = People(login.UserMixin)
    app = quart_application(switches, people, login, loop)
    app.logger.disabled = True
    return Side(
        name, switches, people, lambda request: loop.run(wire.ask_asgi(app, request)), _Ear(app, login, switches)
    )


class _Ear:
    """Records each signal of one application, with its arguments.

    The signals are global and keep weak references to their receivers, which live as long as this object. So thousands
    of applications leave no receiver behind.
    """

    def __init__(self, app: Any, login: Library, switches: Switches) -> None:
        self.heard: list[str] = []
        self._receivers = [
            self._receiver(name, login, looking=switches.looking_receivers and may_look)
            for name, may_look in SIGNALS.items()
        ]
        for name, receiver in zip(SIGNALS, self._receivers, strict=True):
            getattr(login, name).connect(receiver, sender=app)

    def _receiver(self, name: str, login: Library, *, looking: bool) -> Callable[..., None]:
        def receive(sender: object, **sent: Any) -> None:
            details = [f"{key}={describe(value) if key == 'user' else value!r}" for key, value in sorted(sent.items())]
            if looking:
                details.append(f"while the user is {describe(login.current_user)}")
            self.heard.append(f"{name}({', '.join(details)})")

        return receive
