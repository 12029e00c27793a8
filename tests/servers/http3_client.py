"""A client for HTTP/3, run by the environment that has aioquic: prints what the server has answered, as JSON.

python http3_client.py PORT
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from typing import Any

from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration

ANSWER_TIMEOUT = 20.0  # seconds


class Client(QuicConnectionProtocol):  # type: ignore[misc]  # where mypy runs, aioquic is not installed
    """One connection; its requests follow each other."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.http = H3Connection(self._quic)
        self.headers: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}
        self.ended: dict[int, asyncio.Event] = {}

    def quic_event_received(self, event: Any) -> None:
        """Keep what has come."""
        for one in self.http.handle_event(event):
            stream = getattr(one, "stream_id", None)
            if stream not in self.ended:
                continue
            if isinstance(one, HeadersReceived):
                self.headers[stream] = {name.decode(): value.decode() for name, value in one.headers}
            elif isinstance(one, DataReceived):
                self.bodies[stream] = self.bodies.get(stream, b"") + one.data
            if one.stream_ended:
                self.ended[stream].set()

    def begin(self, method: str, path: str, cookie: str = "") -> int:
        """Send a request without waiting for the answer; return its stream."""
        stream: int = self._quic.get_next_available_stream_id()
        self.ended[stream] = asyncio.Event()
        names = {":method": method, ":scheme": "https", ":authority": "localhost", ":path": path, "cookie": cookie}
        headers = [(name.encode(), value.encode()) for name, value in names.items() if value]
        self.http.send_headers(stream, headers, end_stream=True)
        self.transmit()
        return stream

    async def request(self, method: str, path: str, cookie: str = "") -> tuple[dict[str, str], bytes]:
        """The headers and the body of the answer."""
        stream = self.begin(method, path, cookie)
        await asyncio.wait_for(self.ended[stream].wait(), ANSWER_TIMEOUT)
        return self.headers[stream], self.bodies.get(stream, b"")


async def main(port: int) -> dict[str, Any]:
    """Log in, see the page, and leave a request."""
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE)
    async with connect("127.0.0.1", port, configuration=configuration, create_protocol=Client) as client:
        assert isinstance(client, Client)
        refused, _ = await client.request("GET", "/members")
        login, _ = await client.request("POST", "/login")
        _, page = await client.request("GET", "/members", login["set-cookie"].partition(";")[0])
        client.begin("GET", "/slow")
        while "waiting" not in (seen := json.loads((await client.request("GET", "/seen"))[1]))["events"]:  # noqa: ASYNC110 - in another process
            await asyncio.sleep(0.05)
    return {"refused": refused, "login": login, "page": page.decode(), "seen": seen}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(int(sys.argv[1])))))
