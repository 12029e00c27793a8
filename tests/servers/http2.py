"""A client for HTTP/2 without TLS, as small as its tests allow."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from h2.connection import H2Connection
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, StreamReset

from tests.servers.running import RESPONSE_TIMEOUT


@dataclass
class Http2Client:
    """One connection; its requests follow each other."""

    connection: socket.socket
    protocol: H2Connection = field(default_factory=H2Connection)

    def request(self, method: str, path: str, *headers: tuple[str, str]) -> dict[str, str]:
        """The headers of the answer, in which ``:status`` is ``reset`` if the server has reset the stream."""
        stream = self.begin(method, path, *headers)
        answer: dict[str, str] = {}
        while True:
            for event in self._receive():
                if getattr(event, "stream_id", None) != stream:
                    continue
                if isinstance(event, ResponseReceived):
                    answer = {name.decode(): value.decode() for name, value in event.headers}
                    if method == "CONNECT" and answer[":status"] == "200":  # an open websocket does not end
                        return answer
                if isinstance(event, StreamReset):
                    return {":status": "reset"}
                if isinstance(event, StreamEnded):
                    return answer

    def begin(self, method: str, path: str, *headers: tuple[str, str]) -> int:
        """Send a request without waiting for the answer; return its stream."""
        stream: int = self.protocol.get_next_available_stream_id()
        names = [(":method", method), (":scheme", "http"), (":authority", "localhost"), (":path", path), *headers]
        self.protocol.send_headers(stream, names, end_stream=method != "CONNECT")
        self._send()
        return stream

    def open_websocket(self, path: str, cookie: str) -> str:
        """The status with which a websocket is answered (RFC 8441)."""
        while not self.protocol.remote_settings.enable_connect_protocol:
            self._receive()
        headers = ((":protocol", "websocket"), ("sec-websocket-version", "13"), ("cookie", cookie))
        return self.request("CONNECT", path, *headers)[":status"]

    def reset(self, stream: int) -> None:
        """Give a request up, and keep the connection."""
        self.protocol.reset_stream(stream)
        self._send()

    def _receive(self) -> list[Event]:
        received = self.connection.recv(65_536)
        assert received, "The server has closed the connection."
        events: list[Event] = self.protocol.receive_data(received)
        for event in events:
            if isinstance(event, DataReceived) and event.flow_controlled_length:
                self.protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        self._send()
        return events

    def _send(self) -> None:
        self.connection.sendall(self.protocol.data_to_send())


@contextmanager
def connect(port: int) -> Iterator[Http2Client]:
    """Connect as a client that knows that the server has HTTP/2."""
    with socket.create_connection(("127.0.0.1", port), timeout=RESPONSE_TIMEOUT) as connection:
        client = Http2Client(connection)
        client.protocol.initiate_connection()
        client.connection.sendall(client.protocol.data_to_send())
        yield client
