"""Requests whose login ends while they are in flight.

The user of a request is loaded when its headers have arrived. The client decides when the body does, and the login may
end in between: logged out, ended from another browser, or by a changed password. Such a request changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http.client import HTTPResponse
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from quart import Quart

from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.users import add_user
from quart_app.application import Application
from quart_app.faces import is_api_path
from quart_app.models.user import User
from quart_app.sessions.lookup import find_user
from tests.app.program import Program
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.routes import SAFE_METHODS
from tests.checks.tally import Tally
from tests.checks.test_forgery import everything
from tests.serving.server import CONDITION_TIMEOUT, RESPONSE_TIMEOUT, Browser, serve

NEW = "four words of another kind"
NEWER = "and four words of a third"
LOADED_BY_NOW = 0.5  # seconds after which a server has loaded the user of a request; it takes a hundredth of that

NEEDS_NO_LOGIN = {"accounts.login", "accounts.register", "api.log_in", "api.register"}
NEEDS_NO_LOGIN |= {"new_password.ask", "new_password.choose", "address.confirm"}
NEEDS_NO_LOGIN |= {"api.request_password_reset", "api.set_password_by_link", "api.confirm_email_by_link"}
"""The changing views for strangers."""

FIELDS: dict[str, Mapping[str, str]] = {
    "accounts.logout": {},
    "accounts.reauthenticate": {"current_password": PASSWORD},
    "account.password": {"current_password": PASSWORD, "password": NEWER, "password2": NEWER},
    "account.email": {"current_password": PASSWORD, "email": "thief@example.com"},
    "address.send_again": {},
    "account.delete": {"current_password": PASSWORD},
    "sessions.end": {},
    "sessions.end_others": {},
    "api.change_own_password": {"current_password": PASSWORD, "new_password": NEWER},
    "api.change_own_email": {"current_password": PASSWORD, "email": "thief@example.com"},
    "api.send_email_confirmation": {},
    "api.delete_account": {"current_password": PASSWORD},
    "api.end_other_sessions": {},
    "api.log_out": {},
    "api.end_one_session": {},
    "api.renew_token": {},
}
"""What every other changing view takes, by endpoint: a form, or JSON for the API. A new view has to be added here."""

TAKES_PASSWORD = {endpoint for endpoint, fields in FIELDS.items() if "current_password" in fields}
CHANGES_PASSWORD = {"account.password", "api.change_own_password"}
LOGS_OUT = {"accounts.logout", "api.log_out"}
TAKES_TOKENS = {endpoint for endpoint in FIELDS if endpoint.startswith("api.")}
TAKES_COOKIES = [endpoint for endpoint in FIELDS if endpoint != "api.renew_token"]

_numbers = count()


class Case(NamedTuple):
    """A changing request: to which view, and with a bearer token or the cookies of a login."""

    endpoint: str
    with_token: bool


CASES = [Case(name, False) for name in TAKES_COOKIES] + [Case(name, True) for name in sorted(TAKES_TOKENS)]


class Logins(NamedTuple):
    """A user with two logins, and a copy of the cookies or the token of the first."""

    user: User
    here: Program
    copy: Program
    there: Program
    here_id: str
    there_id: str


async def log_in_twice(app: Application, *, with_token: bool = False) -> Logins:
    """A new user with two logins."""
    name = f"susan{next(_numbers)}"
    async with app.app_context():
        user = await add_user(username=name, email=f"{name}@example.com", password=PASSWORD)
    here, there = Program(app), Program(app)
    first = (await here.log_in(username=name, kind="bearer" if with_token else "session")).json
    here.token = first["token"]
    second = (await there.log_in(username=name)).json
    return Logins(user, here, here.copy(), there, first["session"]["id"], second["session"]["id"])


# --- how a login ends


async def log_out(logins: Logins) -> None:
    """Log out with the copy."""
    assert (await logins.copy.send("DELETE", "/sessions/current")).status == 204


async def end_from_elsewhere(logins: Logins) -> None:
    """End this login from the other."""
    assert (await logins.there.send("DELETE", f"/sessions/{logins.here_id}")).status == 204


async def end_all_others(logins: Logins) -> None:
    """End all logins but the other."""
    assert (await logins.there.send("DELETE", "/sessions")).status == 204


async def change_password_elsewhere(logins: Logins) -> None:
    """Change the password with the other login, which ends this one."""
    await _change_password(logins.there)


async def close_account(logins: Logins) -> None:
    """Close the account, as an operator does it."""
    async with logins.here.app.app_context():
        await deactivate_user(logins.user.id)


async def change_password_here(logins: Logins) -> None:
    """Change the password with the copy: this login gets a new handle, which only the copy has."""
    await _change_password(logins.copy)


async def confirm_password_here(logins: Logins) -> None:
    """Confirm the password with the copy, with the same effect on the handle."""
    browser = Visitor(logins.copy.app)
    browser.client = logins.copy.client
    token = (await browser.get("/account")).token
    fields = {"csrf_token": token, "current_password": PASSWORD}
    assert (await browser.post("/reauthenticate", fields)).location == "/account"


async def renew_token_here(logins: Logins) -> None:
    """Renew the token with the copy: this login gets a new handle, which only the copy has."""
    assert (await logins.copy.send("POST", "/sessions/current/renewal")).status == 200


async def _change_password(program: Program) -> None:
    fields = {"current_password": PASSWORD, "new_password": NEW}
    assert (await program.send("PUT", "/me/password", fields)).status == 204


Ending = Callable[[Logins], Awaitable[None]]
ENDINGS: list[Ending] = [log_out, end_from_elsewhere, end_all_others, change_password_elsewhere, close_account]


# --- a request that is held


class Hold:
    """Holds requests after their user was loaded, and before anything else is done for them."""

    def __init__(self) -> None:
        self.is_on = False
        self._loaded: asyncio.Queue[None] = asyncio.Queue()
        self._released = asyncio.Event()

    async def wait(self) -> None:
        """Hold the request that calls this, if it is to be held."""
        if self.is_on:
            self._loaded.put_nowait(None)
            await self._released.wait()

    async def until_loaded(self, requests: int = 1) -> None:
        """Wait until the users of so many requests were loaded, and hold no further ones."""
        async with asyncio.timeout(CONDITION_TIMEOUT):
            for _ in range(requests):
                await self._loaded.get()
        self.is_on = False

    def release(self) -> None:
        """Continue with the requests that are held."""
        self._released.set()
        self._released = asyncio.Event()


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Holds requests of every application."""
    hold = Hold()

    async def find_and_wait(handle: object, *, bearer: bool = False) -> User | None:
        user = await find_user(handle, bearer=bearer)
        await hold.wait()
        return user

    monkeypatch.setattr("quart_app.accounts.login.login_manager._user_callback", find_and_wait)
    monkeypatch.setattr("quart_app.sessions.bearer.find_user", find_and_wait)
    return hold


def changing_methods(app: Quart) -> dict[str, list[str]]:
    """The methods by which views change something, by endpoint."""
    methods: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        if not rule.websocket and (changing := (rule.methods or set()) - SAFE_METHODS):
            methods.setdefault(rule.endpoint, []).extend(changing)
    return methods


def is_checked_early(app: Quart, endpoint: str) -> bool:
    """Whether the token of a view's form is checked before the user is loaded: that of buttons without a form class."""
    is_of_api = endpoint.startswith("api.")
    return not is_of_api and not getattr(app.view_functions[endpoint], "needs_no_csrf_token", False)


class Answer(NamedTuple):
    """The status, where a redirect leads, and whether cookies are set."""

    status: int
    location: str
    sets_cookies: bool


async def send_held(logins: Logins, case: Case, hold: Hold, meanwhile: Ending | None = None) -> Answer:
    """Send a request without its last bytes; once its user is loaded, let something happen; then send the rest.

    Where the form's token is checked before the user is loaded, nobody is loaded before the last bytes are there.
    """
    app, client, fields = logins.here.app, logins.here.client, dict(FIELDS[case.endpoint])
    path = app.url_map.bind("localhost").build(case.endpoint, {"session_id": logins.there_id}, append_unknown=False)
    if "email" in fields:
        fields["email"] = f"thief{next(_numbers)}@example.com"  # an address that no case before has taken
    headers: dict[str, str] = {"User-Agent": "Quart"}
    if is_api_path(path):
        body = json.dumps(fields).encode() if fields else b""
        headers |= {"Content-Type": "application/json"} if body else {}
        headers |= {"Authorization": f"Bearer {logins.here.token}"} if case.with_token else {}
    else:
        browser = Visitor(app)
        browser.client = client
        fields["csrf_token"] = (await browser.get("/account")).token
        body = urlencode(fields).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"

    (method,) = changing_methods(app)[case.endpoint]
    hold.is_on = True
    async with client.request(path, method=method, headers=headers) as request:
        await request.send(body[:-5])
        if is_whole := is_checked_early(app, case.endpoint):
            await request.send(body[-5:])
            await request.send_complete()
        await hold.until_loaded()
        if meanwhile is not None:
            await meanwhile(logins)
        hold.release()
        if not is_whole:
            await request.send(body[-5:])
            await request.send_complete()
    response = await request.as_response()
    location = response.headers.get("Location", "").partition("?")[0]
    return Answer(response.status_code, location, "Set-Cookie" in response.headers)


async def attack(app: Application, case: Case, hold: Hold, ending: Ending, tally: Tally) -> None:
    """Count whether a request is refused, and changes nothing, if its login ends in this way meanwhile."""
    logins = await log_in_twice(app, with_token=case.with_token)
    before: list[object] = []

    async def end(logins: Logins) -> None:
        await ending(logins)
        before.extend(await everything(app))

    answer = await send_held(logins, case, hold, end)
    is_unchanged = await everything(app) == before
    is_refused = answer.status == 401 or (answer.status, answer.location) == (302, "/login")
    holds = is_unchanged and is_refused and not (case.with_token and answer.sets_cookies)
    tally.count(holds, f"{case} after {ending.__name__}: {answer} {is_unchanged=}")


# --- the checks


@pytest.mark.check(33)
async def test_every_changing_view_has_a_case(app: Application, tally: Tally) -> None:
    """Each view that changes something is among those that are attacked here, or is for strangers."""
    found = set(changing_methods(app))
    for endpoint in found | set(FIELDS) | NEEDS_NO_LOGIN:
        known = (endpoint in FIELDS) + (endpoint in NEEDS_NO_LOGIN)
        tally.count(endpoint in found and known == 1, f"{endpoint}: add it to FIELDS or to NEEDS_NO_LOGIN")


@pytest.mark.check(33)
async def test_each_case_changes_something(app: Application, hold: Hold, tally: Tally) -> None:
    """While the login goes on, these very requests are accepted: what is refused below is not refused for its form."""
    for case in CASES:
        logins = await log_in_twice(app, with_token=case.with_token)
        before = await everything(app)
        answer = await send_held(logins, case, hold)
        tally.count(await everything(app) != before and answer.status in (200, 202, 204, 302), f"{case}: {answer}")


@pytest.mark.check(33)
@pytest.mark.parametrize("ending", ENDINGS)
async def test_ended_logins_change_nothing(app: Application, hold: Hold, ending: Ending, tally: Tally) -> None:
    """A request of a login that ends once its user is loaded is refused, and changes no row."""
    for case in CASES:
        await attack(app, case, hold, ending, tally)


@pytest.mark.check(33)
async def test_void_handles_change_nothing(app: Application, hold: Hold, tally: Tally) -> None:
    """A copy of a login's cookies, or token, neither ends other logins nor changes the account once they are void.

    It may still log out, which ends the login itself. After a mere confirmation of the password, a request with the
    right password is accepted, because it may come from another tab; but not one that would renew the handle again.
    """
    for case in CASES:
        if case.endpoint in LOGS_OUT:
            continue
        if case.with_token:
            await attack(app, case, hold, renew_token_here, tally)
            continue
        await attack(app, case, hold, change_password_here, tally)
        if case.endpoint in CHANGES_PASSWORD or case.endpoint not in TAKES_PASSWORD:
            await attack(app, case, hold, confirm_password_here, tally)


@pytest.mark.check(33)
async def test_two_logins_end_each_other(app: Application, hold: Hold, times: int, tally: Tally) -> None:
    """Of two requests that end each other's login at the same time, one succeeds, the other one's login has ended."""
    one, all_others = "/sessions/{}", "/sessions"
    for path, other_path in ((one, one), (all_others, all_others), (all_others, one)):
        for _ in range(times):
            logins = await log_in_twice(app)
            hold.is_on = True
            requests = asyncio.gather(
                logins.here.send("DELETE", path.format(logins.there_id)),
                logins.there.send("DELETE", other_path.format(logins.here_id)),
            )
            await hold.until_loaded(2)
            hold.release()
            statuses = sorted(answer.status for answer in await requests)
            left = [await program.is_in() for program in (logins.here, logins.there)]
            tally.count(statuses == [204, 401] and sum(left) == 1, f"{path} and {other_path}: {statuses} {left}")


# --- through a real server

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def send_slowly(browser: Browser, request: str, kind: str, body: bytes, meanwhile: Callable[[], object]) -> str:
    """Send a request without its last bytes, and these after something has happened; return what is answered."""
    headers = {**browser.all_headers(), "Host": "localhost", "Content-Type": kind, "Content-Length": str(len(body))}
    head = "\r\n".join([f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())])
    with socket.create_connection(("127.0.0.1", browser.port), RESPONSE_TIMEOUT) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body[:-5])
        time.sleep(LOADED_BY_NOW)
        meanwhile()
        connection.sendall(body[-5:])
        response = HTTPResponse(connection)
        response.begin()
        return f"{response.status} {response.headers.get('Location', '')}".strip()


@pytest.mark.check(33)
def test_ended_logins_at_a_server(tmp_path: Path, tally: Tally) -> None:
    """The same over a socket, for a button, a form with the password, and JSON: the login is logged out meanwhile."""
    fields = {"current_password": PASSWORD, "email": "thief@example.com", "new_password": NEWER}
    with serve(tmp_path, environment={"ADDRESS_LIMITS": "false"}) as server:
        Browser(server.port).register("susan")
        for request, kind, refusal in (
            ("POST /account/sessions/end-others", FORM, "302 /login?next=%2Faccount%2Fsessions%2Fend-others"),
            ("POST /account/email", FORM, "302 /login"),
            ("PUT /api/v1/me/password", JSON, "401"),
        ):
            here, there = Browser(server.port), Browser(server.port)
            for browser in (here, there):
                assert browser.login("susan") == 302
            copy = Browser(server.port, cookies=dict(here.cookies))
            form = urlencode({"csrf_token": here.token("/account"), **fields})
            body = form if kind == FORM else json.dumps(fields)

            answer = send_slowly(here, request, kind, body.encode(), partial(copy.submit, "/logout"))

            status, account = there.get("/account")
            is_unchanged = status == 200 and "susan@example.com" in account
            tally.count(answer == refusal and is_unchanged, f"{request}: {answer}, then {status}")
            tally.count(here.get("/account")[0] == 302, f"{request}: the login goes on")
