"""What a login costs a request: compat beside a plain session read and beside Quart-Auth.

In process, no server, an in-memory user, the same cookie: what is left is the library. Each contender is
measured in short turns, one after the other, over and over, so that whatever else the machine does hits
all of them; the ratio of a round is its own, and the median of the rounds' ratios is reported.

    python -m benchmarks.login_cost [--rounds 60] [--requests 200] [--loop asyncio] [--json FILE]

Time depends on the machine and on what else it does; instructions do not. To count them, let callgrind write its
counts before each of five batches of one contender (plain, hooks, asks, public, quart-auth), which begin with a call of
``getsid()``; what a process does before that differs from run to run:

    PYTHONHASHSEED=0 setarch -R valgrind --tool=callgrind --dump-before=getsid --callgrind-out-file=/tmp/asks \
        python -m benchmarks.login_cost --only asks --requests 100
    grep summary: /tmp/asks.[2-6]    # instructions of 100 requests
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import statistics
import time
from collections.abc import Awaitable, Callable, Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from quart import Quart, Response, session
from quart_auth import AuthUser, QuartAuth
from quart_auth import current_user as quart_auth_user
from quart_auth import login_required as quart_auth_login_required
from quart_auth import login_user as quart_auth_login_user

from compat import LoginManager, UserMixin, current_user, login_required, login_user

Request = Callable[[], Awaitable[None]]
SECRET = "benchmark"
_WARM_UP = 30  # requests
_BATCHES = 5
HEADERS = [
    (b"host", b"localhost"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"),
    (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    (b"accept-language", b"en-US,en;q=0.5"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"connection", b"keep-alive"),
]
GOALS = {
    "login_required, reads current_user": 1.12,
    "does not ask for the user": 1.07,
    "two hooks that do nothing": None,
    "quart_auth.login_required": None,
}


class User(UserMixin):
    """A user in memory."""

    def __init__(self, user_id: str) -> None:
        self.id = user_id


USERS = {"1": User("1")}


def compat_app() -> Quart:
    """A view that needs the user, and one that does not ask."""
    app = Quart(__name__)
    app.secret_key = SECRET
    manager = LoginManager[User](app)

    @manager.user_loader
    async def load(user_id: str) -> User | None:
        return USERS.get(user_id)

    @app.get("/login")
    async def login() -> str:
        login_user(USERS["1"])
        return ""

    @app.get("/protected")
    @login_required
    async def protected() -> str:
        return str(current_user.id)

    @app.get("/public")
    async def public() -> str:
        return str(session["_user_id"])

    return app


def plain_app() -> Quart:
    """A view that reads one key of the very session that compat wrote."""
    app = Quart(__name__)
    app.secret_key = SECRET

    @app.get("/session")
    async def read_session() -> str:
        return str(session["_user_id"])

    return app


def hooks_app() -> Quart:
    """The same view, and the two hooks that any library needs which loads a user and writes cookies; they do nothing.

    It is the floor: Quart asks ``inspect`` for each hook of each request whether it is a coroutine function.
    """
    app = plain_app()

    @app.before_request
    async def before() -> None:
        pass

    @app.after_request
    async def after(response: Response) -> Response:
        return response

    return app


def quart_auth_app() -> Quart:
    """Quart-Auth's own way, with its own cookie."""
    app = Quart(__name__)
    app.secret_key = SECRET
    app.config["QUART_AUTH_COOKIE_SECURE"] = False
    QuartAuth(app)

    @app.get("/login")
    async def login() -> str:
        quart_auth_login_user(AuthUser("1"))
        return ""

    @app.get("/protected")
    @quart_auth_login_required
    async def protected() -> str:
        return str(quart_auth_user.auth_id)

    return app


def requester(app: Quart, path: str, cookie: str = "", answers: list[Any] | None = None) -> Request:
    """A function that sends one GET of *path* through the application as a server would."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "asgi": {"spec_version": "2.3", "version": "3.0"},
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [*HEADERS, (b"cookie", cookie.encode())] if cookie else HEADERS,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "extensions": {},
    }
    body = {"type": "http.request", "body": b"", "more_body": False}

    async def request() -> None:
        waiting = [body]
        is_answered = asyncio.get_running_loop().create_future()

        async def receive() -> Any:
            if waiting:
                return waiting.pop()
            await is_answered
            return {"type": "http.disconnect"}  # Quart 0.23 waits for it

        async def send(message: Any) -> None:
            if answers is not None:
                answers.append(message)
            elif message["type"] == "http.response.start" and message["status"] != 200:
                raise AssertionError(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                is_answered.set_result(None)

        await app(cast(Any, dict(scope)), receive, cast(Any, send))

    return request


async def cookie_of(app: Quart, path: str) -> str:
    """The cookies that *path* sets, as a browser would send them back."""
    answers: list[Any] = []
    await requester(app, path, answers=answers)()
    pairs = [value for name, value in answers[0]["headers"] if name == b"set-cookie"]
    return "; ".join(pair.split(b";")[0].decode() for pair in pairs)


NAMES = {
    "plain": "plain session read",
    "hooks": "two hooks that do nothing",
    "asks": "login_required, reads current_user",
    "public": "does not ask for the user",
    "quart-auth": "quart_auth.login_required",
}


async def contenders() -> dict[str, Request]:
    """What is compared, by name."""
    ours, theirs = compat_app(), quart_auth_app()
    cookie, their_cookie = await cookie_of(ours, "/login"), await cookie_of(theirs, "/login")
    return {
        NAMES["plain"]: requester(plain_app(), "/session", cookie),
        NAMES["hooks"]: requester(hooks_app(), "/session", cookie),
        NAMES["asks"]: requester(ours, "/protected", cookie),
        NAMES["public"]: requester(ours, "/public", cookie),
        NAMES["quart-auth"]: requester(theirs, "/protected", their_cookie),
    }


async def measure(rounds: int, requests: int) -> dict[str, list[float]]:
    """Microseconds a request, per contender and round."""
    compared = await contenders()
    times: dict[str, list[float]] = {name: [] for name in compared}
    for number in range(rounds + 3):
        for name, request in compared.items():
            gc.collect()
            gc.disable()
            begin = time.perf_counter()
            for _ in range(requests):
                await request()
            elapsed = time.perf_counter() - begin
            gc.enable()
            if number >= 3:  # the first rounds warm up
                times[name].append(elapsed / requests * 1e6)
    return times


async def repeat(name: str, requests: int) -> None:
    """Send five batches of *requests* of one contender, for a profiler to watch."""
    request = (await contenders())[NAMES[name]]
    for _ in range(_WARM_UP):
        await request()
    gc.collect()
    gc.freeze()
    for _ in range(_BATCHES):
        os.getsid(0)
        for _ in range(requests):
            await request()
    os.getsid(0)


def report(times: dict[str, list[float]]) -> dict[str, Any]:
    """Medians, and ratios to the plain session read."""
    base = times["plain session read"]
    rows = {}
    for name, values in times.items():
        ratios = [value / other for value, other in zip(values, base, strict=True)]
        rows[name] = {
            "µs a request": round(statistics.median(values), 1),
            "ratio": round(statistics.median(ratios), 3),
            "quartiles": [round(q, 3) for q in statistics.quantiles(ratios, n=4)[::2]],
            "goal": GOALS.get(name),
        }
    return rows


def main() -> None:
    """Measure and print a table; as JSON to a file on request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--requests", type=int, default=600, help="in a turn")
    parser.add_argument("--loop", choices=("uvloop", "asyncio"), default="uvloop")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=NAMES, help="run this contender once, without timing it")
    options = parser.parse_args()

    run: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run
    if options.loop == "uvloop":
        import uvloop

        run = uvloop.run
    if options.only:
        run(repeat(options.only, options.requests))
        return
    times = run(measure(options.rounds, options.requests))
    rows = report(times)

    versions = {name: version(name) for name in ("quart", "quart-auth", "werkzeug", options.loop) if name != "asyncio"}
    print(f"Python {platform.python_version()}, {versions}, {options.rounds} rounds of {options.requests}\n")
    print(f"{'':38}{'µs':>8}{'ratio':>8}   quartiles        goal")
    for name, row in rows.items():
        low, high = row["quartiles"]
        print(f"{name:38}{row['µs a request']:8}{row['ratio']:8.3f}   {low:.3f} {high:.3f}    {row['goal'] or ''}")
    if options.json:
        options.json.write_text(json.dumps({"versions": versions, "rows": rows}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
