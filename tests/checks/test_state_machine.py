"""Users, browsers, thieves and revocations in any order, against a model of a few lines.

The model knows logins by their number, and what each browser holds: two cookies, each of a login and of the
generation of its handle. After every step every browser asks for its user, who must be the one of the model: no
browser is ever another user, or still logged in after its login has ended.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from pydantic import SecretStr

from quart_app.accounts.closing import activate_user, deactivate_user
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.app.program import SUSAN
from tests.app.visitor import Visitor

Result = TypeVar("Result")

NAMES = ("susan", "bob", "mallory")
PASSWORDS = ("four words of one kind", "four words of another")
BROWSERS = 4
IDLE, REMEMBERED = timedelta(hours=2), timedelta(days=3)
names, passwords, browsers = st.sampled_from(NAMES), st.sampled_from(PASSWORDS), st.integers(0, BROWSERS - 1)


@dataclass
class Account:
    """The model's account."""

    password: str
    active: bool = True


@dataclass
class Login:
    """The model's login session: its user, whether it is remembered, and the generation of its valid handle."""

    name: str
    remembered: bool
    proved_at: float
    used_at: float
    generation: int = 0

    def is_over(self, now: float) -> bool:
        """Whether the login has expired."""
        if self.remembered:
            return now - self.proved_at > REMEMBERED.total_seconds()
        return now - self.used_at > IDLE.total_seconds()


@dataclass(frozen=True)
class Cookie:
    """The model's cookie: a login, by a handle of some generation."""

    login: int
    generation: int
    fresh: bool = False


@dataclass
class Browser:
    """A browser and the cookies that the model expects in it."""

    visitor: Visitor
    session: Cookie | None = None
    remember: Cookie | None = None


class Logins(RuleBasedStateMachine):
    """The application beside the model."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.patch = mock.patch("time.time", self.clock)
        self.patch.start()
        self.folder = Path(tempfile.mkdtemp())
        file = shutil.copy(self.template, self.folder / "microblog.sqlite3")
        self.app = create_app(
            Settings(
                instance_path=self.folder,
                database_url=SecretStr(f"sqlite:///{file}"),
                password_method="pbkdf2:sha256:1",
                address_limits=False,
                send_mails=False,
                login_attempts=10_000,
                session_idle=IDLE,
                remember_cookie_duration=REMEMBERED,
                log_level="ERROR",
            )
        )
        self.serving = AsyncExitStack()
        started: Any = self.app.test_app()  # whose protocol is none of a context manager's
        self.do(self.serving.enter_async_context(started))
        self.browsers = [Browser(Visitor(self.app)) for _ in range(BROWSERS)]
        self.accounts: dict[str, Account] = {}
        self.ids: dict[str, int] = {}
        self.logins: dict[int, Login] = {}

    def teardown(self) -> None:
        self.do(self.serving.aclose())
        self.runner.close()
        self.patch.stop()
        shutil.rmtree(self.folder)

    def do(self, work: Awaitable[Result]) -> Result:
        """Await a coroutine and the background tasks it has started."""

        async def all_of_it() -> Result:
            result = await work
            await asyncio.gather(*self.app.background_tasks)
            return result

        return self.runner.run(all_of_it())

    # --- the model

    def is_good(self, cookie: Cookie | None) -> bool:
        if cookie is None or cookie.login not in self.logins:
            return False
        login = self.logins[cookie.login]
        account = self.accounts[login.name]
        return login.generation == cookie.generation and account.active and not login.is_over(self.clock.now)

    def cookie_of(self, browser: Browser) -> Cookie | None:
        """The cookie that logs this browser in, if any; using a remember cookie also makes a session."""
        if not self.is_good(browser.session):
            browser.session = browser.remember if self.is_good(browser.remember) else None
        return browser.session

    def here(self, browser: Browser) -> Login | None:
        """The login of this browser, which has just been used."""
        cookie = self.cookie_of(browser)
        if cookie is None:
            return None
        login = self.logins[cookie.login]
        login.used_at = self.clock.now
        return login

    def renew(self, browser: Browser) -> None:
        """After a confirmed password the login has a new handle, in this browser only."""
        assert browser.session is not None
        login = self.logins[browser.session.login]
        login.generation += 1
        login.proved_at = login.used_at = self.clock.now
        browser.session = Cookie(browser.session.login, login.generation, fresh=True)
        if login.remembered:
            browser.remember = replace(browser.session, fresh=False)

    def end_all(self, name: str, *, except_for: int | None = None) -> None:
        gone = [number for number, login in self.logins.items() if login.name == name and number != except_for]
        for number in gone:
            del self.logins[number]

    # --- what can happen

    @rule(name=names, password=passwords)
    def register(self, name: str, password: str) -> None:
        fields = {**SUSAN, "username": name, "email": f"{name}@example.com", "password": password}
        answer = self.do(Visitor(self.app).client.post("/api/v1/users", json=fields))
        assert answer.status_code == (409 if name in self.accounts else 201)
        if answer.status_code == 201:
            self.accounts[name] = Account(password)
            self.ids[name] = len(self.accounts)  # of which none is ever deleted here

    @rule(number=browsers, name=names, password=passwords, remember=st.booleans())
    def log_in(self, number: int, name: str, password: str, remember: bool) -> None:
        browser = self.browsers[number]
        before = self.cookie_of(browser)
        fields = {"username": name, "password": password, "kind": "remembered" if remember else "session"}
        answer = self.do(browser.visitor.client.post("/api/v1/sessions", json=fields))
        account = self.accounts.get(name)
        may = account is not None and account.active and account.password == password
        assert answer.status_code == (201 if may else 401)
        if not may:
            return
        if before is not None:
            del self.logins[before.login]
        now = self.clock.now
        login = max(self.logins, default=0) + len(self.logins) + 1000
        self.logins[login] = Login(name, remember, now, now)
        browser.session = Cookie(login, 0, fresh=True)
        browser.remember = Cookie(login, 0) if remember else None

    @rule(number=browsers)
    def log_out(self, number: int) -> None:
        browser = self.browsers[number]
        cookie = self.cookie_of(browser)
        answer = self.do(browser.visitor.client.delete("/api/v1/sessions/current"))
        assert answer.status_code == (401 if cookie is None else 204)
        if cookie is not None:
            del self.logins[cookie.login]
            browser.session = browser.remember = None

    @rule(thief=browsers, victim=browsers, which=st.sampled_from([("session",), ("remember_token",), ()]))
    def steal(self, thief: int, victim: int, which: tuple[str, ...]) -> None:
        owner = self.browsers[victim]
        has_session, has_remember = "remember_token" not in which, "session" not in which
        copy = Browser(owner.visitor.copy(*which))
        copy.session = owner.session if has_session else None
        copy.remember = owner.remember if has_remember else None
        self.browsers[thief] = copy

    @rule(number=browsers)
    def close_the_browser(self, number: int) -> None:
        self.browsers[number].visitor.forget("session")
        self.browsers[number].session = None

    @rule(number=browsers, current=passwords, new=passwords)
    def change_password(self, number: int, current: str, new: str) -> None:
        browser = self.browsers[number]
        login, cookie = self.here(browser), browser.session
        fields = {"current_password": current, "new_password": new}
        answer = self.do(browser.visitor.client.put("/api/v1/me/password", json=fields))
        if login is None or cookie is None or not cookie.fresh:
            assert answer.status_code == 401
        elif self.accounts[login.name].password != current:
            assert answer.status_code == 403
        else:
            assert answer.status_code == 204
            self.accounts[login.name].password = new
            self.end_all(login.name, except_for=cookie.login)
            self.renew(browser)

    @rule(number=browsers, password=passwords)
    def confirm(self, number: int, password: str) -> None:
        browser = self.browsers[number]
        login, cookie = self.here(browser), browser.session
        if login is None or cookie is None or cookie.fresh:
            return
        page = self.do(browser.visitor.submit("/reauthenticate", current_password=password))
        assert page.status == (302 if self.accounts[login.name].password == password else 200)
        if page.status == 302:
            self.renew(browser)

    @rule(number=browsers)
    def log_out_everywhere_else(self, number: int) -> None:
        browser = self.browsers[number]
        login, cookie = self.here(browser), browser.session
        answer = self.do(browser.visitor.client.delete("/api/v1/sessions"))
        assert answer.status_code == (401 if login is None else 204)
        if login is not None and cookie is not None:
            self.end_all(login.name, except_for=cookie.login)

    @precondition(lambda self: self.accounts)
    @rule(name=names)
    def close_an_account(self, name: str) -> None:
        if name in self.accounts:
            self.with_app(deactivate_user(self.ids[name]))
            self.accounts[name].active = False
            self.end_all(name)

    @rule(name=names)
    def open_an_account(self, name: str) -> None:
        if name in self.accounts:
            self.with_app(activate_user(self.ids[name]))
            self.accounts[name].active = True

    @rule(by=st.sampled_from([timedelta(minutes=1), IDLE / 2, IDLE + timedelta(seconds=1), timedelta(days=1)]))
    def time_passes(self, by: timedelta) -> None:
        self.clock.shift(by)

    def with_app(self, work: Awaitable[None]) -> None:
        async def inside() -> None:
            async with self.app.app_context():
                await work

        self.do(inside())

    # --- what always holds

    @invariant()
    def everybody_is_who_the_model_says(self) -> None:
        for number, browser in enumerate(self.browsers):
            login = self.here(browser)
            answer = self.do(browser.visitor.client.get("/api/v1/me"))
            told = self.do(answer.get_json())["username"] if answer.status_code == 200 else None
            assert told == (login.name if login is not None else None), f"browser {number} is told to be {told}"
            page = self.do(browser.visitor.get("/account/email"))
            fresh = login is not None and browser.session is not None and browser.session.fresh
            assert (page.status == 200) is fresh, f"browser {number}"


def test_nobody_is_somebody_else(sqlite_template: Path, times: int) -> None:
    """After any sequence of actions every browser is the user that the model expects, or nobody."""
    Logins.template = sqlite_template
    run_state_machine_as_test(
        Logins,
        settings=settings(
            max_examples=4 * times, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
