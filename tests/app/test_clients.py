"""What a browser or program is called on the account page."""

from __future__ import annotations

import pytest

from quart_app.clients import describe_client

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) {_WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge on Windows"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {_WEBKIT} Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/140.0.0.0 Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("Something (Windows)", "Something on Windows"),
        ("python-httpx/0.28.1", "python-httpx 0.28.1"),
        ("OpenAPI-Generator/1.0.0/python", "OpenAPI-Generator 1.0.0"),
        ("axios/1.7.2 more/2", "axios 1.7.2"),
        ("Quart", "Quart"),
        ("Mozilla/5.0", "Unknown program"),
        ("Mozilla/5.0 (Windows)", "Unknown program on Windows"),
        ("x" * 33, "Unknown program"),
        ("a/" + "1" * 17, "Unknown program"),
        ("a\x00b/1", "Unknown program"),
        ("caf\xe9/1", "Unknown program"),
        ("<script>alert(1)</script>", "Unknown program"),
        ("", "Unknown program"),
        (None, "Unknown program"),
    ],
)
def test_clients_are_described(agent: str | None, words: str) -> None:
    """The browser is shown in words of this application, never as the client sent it."""
    assert describe_client(agent) == words
