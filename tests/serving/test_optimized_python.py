"""``PYTHONOPTIMIZE=2``: Python without docstrings and assertions."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from pathlib import Path

from tests.serving.server import PASSWORD, RESPONSE_TIMEOUT, Browser, serve


def test_everything_starts(tmp_path: Path) -> None:
    """The server starts on a new database, pages and API log in, and the API is described."""
    with serve(tmp_path, environment={"PYTHONOPTIMIZE": "2"}, with_tables=False) as server:
        susan = Browser(server.port)
        assert (susan.register("susan"), susan.login("susan")) == (302, 302)
        assert susan.get("/account")[0] == susan.get("/api/v1/docs")[0] == susan.get("/api/v1/asyncapi.json")[0] == 200
        status, text = susan.get("/api/v1/openapi.json")
        assert status == 200
        paths = json.loads(text)["paths"]
        assert all(operation["summary"] for operations in paths.values() for operation in operations.values())
        connection = HTTPConnection("127.0.0.1", server.port, timeout=RESPONSE_TIMEOUT)
        credentials = {"username": "susan", "password": PASSWORD, "kind": "bearer"}
        connection.request("POST", "/api/v1/sessions", json.dumps(credentials), {"Content-Type": "application/json"})
        token = json.load(connection.getresponse())["token"]
        connection.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert json.load(connection.getresponse())["username"] == "susan"
        connection.close()
