"""A client of the JSON API, with httpx: prints a line for each login of a user that begins or ends, until Ctrl+C.

    MICROBLOG_PASSWORD="a fine day for a walk" python examples/http_client.py susan

It logs in once and keeps the token in a file, also for the next run. It logs in again when the token has ended (401).
It waits as long as the server says (429, 503), and longer each time when there is no connection.
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
from pathlib import Path
from typing import Any

import httpx

TIMEOUT = httpx.Timeout(15.0, connect=3.0)  # seconds; a password may wait for some of them until it is checked
ATTEMPTS, LONGEST_WAIT = 8, 60.0  # seconds; an answer that asks for a longer wait is an error
REPEATABLE = {"GET", "DELETE"}  # sent twice they do what they do once (RFC 9110, section 9.2.2)


class Client:
    """Sends requests as one user.

    Arguments:
        http: a client whose ``base_url`` is that of the API.
        username: the name or the email address.
        password: sent when there is no token, or when it has ended.
        file: where the answer to the login is kept, with the token, readable for nobody else on this machine.
    """

    def __init__(self, http: httpx.AsyncClient, username: str, password: str, file: Path) -> None:
        self._http = http
        self._credentials = {"username": username, "password": password, "kind": "bearer"}
        self._file = file
        self._login: Any = json.loads(file.read_text()) if file.exists() else None

    async def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Send a request with the token, and log in for it if that is needed; raise if the answer is an error."""
        if self._login is not None:
            answer = await self._send(method, path, body, repeatable=method in REPEATABLE)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return answer.raise_for_status()
            self._login = None  # ended by its user, by a new password, or by time
        # Where the answer to a login is lost, a second one is begun, which does no harm: it ends when it is unused.
        self._keep(await self._send("POST", "/sessions", self._credentials, repeatable=True))
        answer = await self._send(method, path, body, repeatable=method in REPEATABLE)
        return answer.raise_for_status()

    def _keep(self, answer: httpx.Response) -> None:
        """Keep the token of an answer that has one."""
        self._login = answer.raise_for_status().json()
        with open(self._file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump(self._login, file)

    async def _send(self, method: str, path: str, body: object, *, repeatable: bool) -> httpx.Response:
        headers = {} if self._login is None else {"Authorization": f"Bearer {self._login['token']}"}
        attempt = 0
        while True:
            attempt += 1
            wait = min(2.0**attempt, LONGEST_WAIT) * random.uniform(0.25, 0.5)  # noqa: S311 - not a secret
            try:
                answer = await self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError as error:
                was_sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)  # and may have been done
                if attempt == ATTEMPTS or (was_sent and not repeatable):
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


async def watch(client: Client, interval: float) -> None:
    """Print a line for each login that begins or ends, until cancelled."""
    known: dict[int, str] = {}
    while True:
        sessions = (await client.call("GET", "/sessions")).json()["sessions"]
        now = {each["id"]: f"{each['kind']}, {each['client']}, {each['address']}" for each in sessions}
        for number in sorted(known.keys() ^ now.keys()):
            print("+" if number in now else "-", number, (known | now)[number], flush=True)
        known = now
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
        asyncio.run(main())
    except httpx.HTTPError as error:
        sys.exit(error.response.text if isinstance(error, httpx.HTTPStatusError) else repr(error))
    except KeyboardInterrupt:
        pass
