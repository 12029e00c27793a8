"""A client of the websocket, with websockets: prints who is online, now and after each change, until Ctrl+C.

    MICROBLOG_PASSWORD="a fine day for a walk" python examples/live_client.py susan

It connects again when the connection is lost or the server restarts, after a longer wait each time, and stops when that
is of no use: when its login has ended, or the server does not want it.
"""
# /// script
# requires-python = ">=3.11"
# dependencies = ["httpx>=0.28", "websockets>=15"]
# ///

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
from contextlib import suppress
from http import HTTPStatus

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

TIMEOUT = 15.0  # seconds for the handshake, and for each answer of the API
SILENCE = 60.0  # seconds without a message after which the connection is dead: one comes at least every 25
FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  # seconds before connecting again; doubled each time, and shortened by chance
RESTARTING = 1001  # close code: connect again at once, and not all clients in the same moment
BUSY = 1013  # close code: connect again after a longer wait each time, although the connection was good
STOP = {
    1003: "The server takes no messages.",
    1008: "The login has ended.",
    1009: "The message was too long.",
}


class Stopped(Exception):
    """The server does not want this client, or not any more."""


async def watch(address: str, token: str) -> None:
    """Print each message, and connect again for as long as that may help.

    Raises:
        Stopped: it will not help.
    """
    wait = FIRST_WAIT
    while True:
        asked, reason, is_well = "0", "", False
        try:
            async with connect(
                address,
                additional_headers={"Authorization": f"Bearer {token}"},
                open_timeout=TIMEOUT,
            ) as websocket:
                while True:
                    async with asyncio.timeout(SILENCE):
                        message = json.loads(await websocket.recv())
                    is_well = True
                    print(f"{message['count']} online: {', '.join(message['names'])}", flush=True)
        except ConnectionClosed as closed:
            code = 1006 if closed.rcvd is None else closed.rcvd.code  # 1006: without a word (RFC 6455, section 7.1.5)
            if code in STOP:
                raise Stopped(f"{code} {STOP[code]}") from None
            reason = f"closed with {code}"
            if code == RESTARTING or (is_well and code != BUSY):
                wait = FIRST_WAIT
        except InvalidStatus as refused:
            answer = refused.response
            if 400 <= answer.status_code < 500 and answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                raise Stopped(f"{answer.status_code} {bytes(answer.body or b'').decode()}") from None
            reason = f"refused with {answer.status_code}"
            asked = answer.headers.get("Retry-After", "0")
        except (OSError, TimeoutError, InvalidHandshake) as error:
            reason = repr(error)
        pause = wait * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret
        pause = max(pause, float(asked) if asked.isdecimal() else 0.0)  # a proxy may send a date
        print(f"{reason}: again in {pause:.1f} seconds", file=sys.stderr, flush=True)
        await asyncio.sleep(pause)
        wait = min(2 * wait, LONGEST_WAIT)


async def main(site: str, username: str, password: str) -> None:
    """Log in, print who is online, and log out at the end."""
    async with httpx.AsyncClient(base_url=f"{site}/api/v1", timeout=TIMEOUT) as http:
        credentials = {"username": username, "password": password, "kind": "bearer", "name": "live_client.py"}
        try:
            answer = await http.post("/sessions", json=credentials)
        except httpx.TransportError as error:
            raise Stopped(f"No login: {error!r}") from None
        if answer.is_error:
            raise Stopped(f"No login: {answer.text}")
        token = answer.json()["token"]
        try:
            await watch(f"{site.replace('http', 'ws', 1)}/live/ws", token)
        finally:
            with suppress(httpx.TransportError):
                await http.delete("/sessions/current", headers={"Authorization": f"Bearer {token}"})


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("username")
    options.add_argument("--site", default="http://localhost:8000")
    given = options.parse_args()
    try:
        # A command line can be read by other users of the machine, so it has no password.
        asyncio.run(main(given.site, given.username, os.environ["MICROBLOG_PASSWORD"]))
    except Stopped as stopped:
        sys.exit(str(stopped))
    except KeyboardInterrupt:
        pass
