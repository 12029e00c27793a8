"""A client for HTTP/3, run by the environment that has aioquic: prints what the server has answered, as JSON.

python http3_client.py PORT
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from dataclasses import replace
from typing import Any

from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import StreamDataReceived

ANSWER_TIMEOUT = 60.0  # seconds


class Client(QuicConnectionProtocol):  # type: ignore[misc]  # where mypy runs, aioquic is not installed
    """One connection; its requests follow each other."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.http = H3Connection(self._quic)
        self.headers: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}
        self.answered: dict[int, asyncio.Event] = {}
        self.ended: dict[int, asyncio.Event] = {}
        self.heads: set[int] = set()

    def quic_event_received(self, event: Any) -> None:
        """Keep what has come.

        At the end of a stream aioquic 1.7.2 takes a ``Content-Length`` without a body for an error, although it is none
        in the answer to HEAD (RFC 9110, section 8.6). So it is not told of the end of those streams.
        """
        if isinstance(event, StreamDataReceived) and event.stream_id in self.heads and event.end_stream:
            self.ended[event.stream_id].set()
            event = replace(event, end_stream=False)
        for one in self.http.handle_event(event):
            stream = getattr(one, "stream_id", None)
            if stream not in self.ended:
                continue
            if isinstance(one, HeadersReceived):
                self.headers[stream] = {name.decode(): value.decode() for name, value in one.headers}
                self.answered[stream].set()
            elif isinstance(one, DataReceived):
                self.bodies[stream] = self.bodies.get(stream, b"") + one.data
            if one.stream_ended:
                self.ended[stream].set()

    def begin(self, method: str, path: str, cookie: str = "", **pseudo_headers: str) -> int:
        """Send a request without waiting for the answer; return its stream. A CONNECT stays open for what follows."""
        stream: int = self._quic.get_next_available_stream_id()
        self.answered[stream], self.ended[stream] = asyncio.Event(), asyncio.Event()
        if method == "HEAD":
            self.heads.add(stream)
        names = {":method": method, ":scheme": "https", ":authority": "localhost", ":path": path}
        names |= {f":{name}": value for name, value in pseudo_headers.items()} | {"cookie": cookie}
        if method == "CONNECT":
            names["sec-websocket-version"] = "13"
        headers = [(name.encode(), value.encode()) for name, value in names.items() if value]
        self.http.send_headers(stream, headers, end_stream=method != "CONNECT")
        self.transmit()
        return stream

    async def request(self, method: str, path: str, cookie: str = "") -> tuple[dict[str, str], bytes]:
        """The headers and the body of the answer."""
        stream = self.begin(method, path, cookie)
        await asyncio.wait_for(self.ended[stream].wait(), ANSWER_TIMEOUT)
        return self.headers[stream], self.bodies.get(stream, b"")

    async def open_websocket(self, path: str, cookie: str = "") -> str:
        """The status with which a websocket is answered (RFC 9220)."""
        stream = self.begin("CONNECT", path, cookie, protocol="websocket")
        await asyncio.wait_for(self.answered[stream].wait(), ANSWER_TIMEOUT)
        return self.headers[stream][":status"]

    async def move_to(self, address: str) -> None:
        """Go on from another address of this machine."""
        self.close_socket()
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=(address, 0))

    def connection_made(self, transport: Any) -> None:
        """Use a new socket, from now on."""
        super().connection_made(transport)
        self.close_socket = transport.close


async def main(port: int) -> dict[str, Any]:
    """Log in, see the page, send HEAD, open websockets, move to another address, and leave a request."""
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE)
    async with connect("127.0.0.1", port, configuration=configuration, create_protocol=Client) as client:
        assert isinstance(client, Client)
        refused, _ = await client.request("GET", "/members")
        login, _ = await client.request("POST", "/login")
        cookie = login["set-cookie"].partition(";")[0]
        _, page = await client.request("GET", "/members", cookie)
        head, body = await client.request("HEAD", "/members")
        websockets = [await client.open_websocket("/socket"), await client.open_websocket("/socket", cookie)]
        await client.move_to("::ffff:127.0.0.2")
        client.begin("GET", "/slow")
        while "waiting" not in (seen := json.loads((await client.request("GET", "/seen"))[1]))["events"]:  # noqa: ASYNC110 - in another process
            await asyncio.sleep(0.05)
    return {
        "refused": refused,
        "login": login,
        "page": page.decode(),
        "head": head,
        "body_of_head": body.decode(),
        "websockets": websockets,
        "seen": seen,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(int(sys.argv[1])))))
