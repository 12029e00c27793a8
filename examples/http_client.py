"""A client of the JSON API, with httpx: prints a line for each login of a user that begins or ends, until Ctrl+C.

    MICROBLOG_PASSWORD="a fine day for a walk" python examples/http_client.py susan

It logs in once and keeps the token in a file. It renews the token when half of its time is over, and logs in again
when it has ended (401). It waits as long as the server says (429, 503), longer each time without a connection.
"""
# /// script
# requires-python = ">=3.11"
# dependencies = ["httpx>=0.28"]
# ///

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

TIMEOUT = httpx.Timeout(15.0, connect=3.0)  # seconds; a password may wait for some of them until it is checked
ATTEMPTS, LONGEST_WAIT = 8, 60.0  # seconds; an answer that asks for a longer wait is an error


class Client:
    """Sends requests as one user: *http* has the address of the API, *file* keeps the token, for this user alone."""

    def __init__(self, http: httpx.AsyncClient, username: str, password: str, file: Path) -> None:
        self._http, self._file = http, file
        self._credentials = {"username": username, "password": password, "kind": "bearer", "name": "http_client.py"}
        self._login: Any = json.loads(file.read_text()) if file.exists() else None

    async def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Send a request with a valid token; raise if the answer is an error."""
        await self._renew()
        answer = await self._send(method, path, body)
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # no token yet, or it has ended
            self._login = None
            self._keep(await self._send("POST", "/sessions", self._credentials))
            answer = await self._send(method, path, body)
        return answer.raise_for_status()

    async def _renew(self) -> None:
        """Exchange the token for one that lasts its full time again, when half of its own is over."""
        if self._login is None:
            return
        begin, end = (datetime.fromisoformat(self._login["session"][name]) for name in ("last_seen_at", "expires_at"))
        if datetime.now(UTC) > begin + (end - begin) / 2:
            with suppress(httpx.HTTPError):  # the old token is still valid, or the next answer is 401
                self._keep(await self._send("POST", "/sessions/current/renewal", None))

    def _keep(self, answer: httpx.Response) -> None:
        """Keep an answer that has a token, where no other user of this machine can read it."""
        self._login = answer.raise_for_status().json()
        with open(self._file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump(self._login, file)

    async def _send(self, method: str, path: str, body: object, attempt: int = 1) -> httpx.Response:
        headers = {} if self._login is None else {"Authorization": f"Bearer {self._login['token']}"}
        repeatable = method in {"GET", "DELETE"} or path == "/sessions"  # a login whose answer was lost ends unused
        wait = min(2.0**attempt, LONGEST_WAIT) * random.uniform(0.25, 0.5)  # noqa: S311 - not a secret
        try:
            answer = await self._http.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:  # when there was a connection, the request may have been carried out
            if attempt == ATTEMPTS or not (repeatable or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)):
                raise
            reason = repr(error)
        else:
            asked = answer.headers.get("Retry-After", "0")
            wait = max(wait, float(asked) if asked.isdecimal() else 0.0)  # a proxy may send a date
            is_temporary = answer.status_code == 429 or (answer.status_code == 503 and repeatable)
            if not is_temporary or attempt == ATTEMPTS or wait > LONGEST_WAIT:
                return answer
            reason = f"refused with {answer.status_code}"
        print(f"{reason}: again in {wait:.1f} seconds", file=sys.stderr, flush=True)
        await asyncio.sleep(wait)
        return await self._send(method, path, body, attempt + 1)


async def watch(client: Client, interval: float) -> None:
    """Print a line for each login that begins or ends, until cancelled."""
    known: dict[str, str] = {}
    while True:
        before, known, path = known, {}, "/sessions"
        while path:
            page = (await client.call("GET", path)).json()
            known |= {each["id"]: f"{each['name'] or each['kind']}, {each['client']}" for each in page["sessions"]}
            path = f"/sessions?cursor={page['next']}" if page["next"] else ""
        for each in reversed([*(before | known)]):  # the oldest first
            if (each in before) != (each in known):
                print("+" if each in known else "-", (before | known)[each], flush=True)
        await asyncio.sleep(interval)


async def main() -> None:
    """Watch the logins of the user whom the command line names."""
    options = argparse.ArgumentParser()
    options.add_argument("username")
    options.add_argument("--site", default="http://localhost:8000")
    options.add_argument("--every", type=float, default=5.0, help="seconds between two requests")
    given = options.parse_args()
    password = os.environ["MICROBLOG_PASSWORD"]  # not an option: other users of the machine can read command lines
    file = Path.home() / f".microblog-{httpx.URL(given.site).host}-{given.username}.json"
    async with httpx.AsyncClient(base_url=f"{given.site}/api/v1", timeout=TIMEOUT) as http:
        await watch(Client(http, given.username, password, file), given.every)


if __name__ == "__main__":
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(main())
    except httpx.HTTPError as error:
        sys.exit(error.response.text if isinstance(error, httpx.HTTPStatusError) else repr(error))
