"""Addresses of fixed endpoints, which are built once."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart

from quart_app.framework import quick_quart
from quart_app.framework.quick_quart import QuickQuart


@pytest.fixture
def app() -> Quart:
    """An application with a few rules."""
    app = QuickQuart(__name__)
    app.add_url_rule("/people/<name>", "person")
    app.add_url_rule("/list", "list")
    app.add_url_rule("/feed", "feed", websocket=True)
    return app


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list", {}),
    ("list", {"page": 1}),
    ("list", {"page": True}),
    ("list", {"page": "1"}),
    ("list", {"page": None}),
    ("list", {"_anchor": "top"}),
    ("list", {"_external": True}),
    ("list", {"_scheme": "https", "_external": True}),
    ("person", {"name": "a b/ü"}),
    ("person", {"name": "a", "tab": "x&y"}),
    ("feed", {}),
]


@pytest.mark.parametrize("root_path", ["", "/sub"])
async def test_every_address_is_quarts_own(app: Quart, root_path: str) -> None:
    """An address is the one that Quart builds, the first time and the second, below any path and for any host."""
    theirs = Quart(__name__)
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            theirs.add_url_rule(rule.rule, rule.endpoint, websocket=rule.websocket)
    for host in ("one.example", "two.example"):
        for _ in range(2):
            async with (
                app.test_request_context("/", root_path=root_path, headers={"host": host}),
                theirs.test_request_context("/", root_path=root_path, headers={"host": host}),
            ):
                for endpoint, values in CALLS:
                    ours = app.url_for(endpoint, **values)
                    async with theirs.test_request_context("/", root_path=root_path, headers={"host": host}):
                        assert ours == theirs.url_for(endpoint, **values)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The endpoints whose addresses Quart has built."""
    endpoints: list[str] = []
    build = Quart.url_for

    def count(app: Quart, endpoint: str, **values: object) -> str:
        endpoints.append(endpoint)
        return build(app, endpoint, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(Quart, "url_for", count)
    return endpoints


async def test_an_address_is_built_once(app: Quart, built: list[str]) -> None:
    """Quart builds the address of an endpoint with the same values once for all requests."""
    for _ in range(3):
        async with app.test_request_context("/"):
            app.url_for("list")
            app.url_for("person", name="susan")
    assert built.count("list") <= 2  # the first time the rules are sorted
    assert built.count("person") == 1


async def test_defaults_that_depend_on_the_request_are_asked_each_time(app: Quart) -> None:
    """With a ``url_defaults`` function no address is kept."""
    languages = iter(["de", "fr"])

    @app.url_defaults
    def add_language(_endpoint: str, values: dict[str, object]) -> None:
        values["lang"] = next(languages)

    async with app.test_request_context("/"):
        assert [app.url_for("list"), app.url_for("list")] == ["/list?lang=de", "/list?lang=fr"]


async def test_the_addresses_that_are_kept_are_bounded(app: QuickQuart, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values that clients choose cannot fill the memory."""
    monkeypatch.setattr(quick_quart, "_ADDRESSES_MAX", 4)
    async with app.test_request_context("/"):
        for number in range(50):
            app.url_for("person", name=f"{number}")
        app.url_for("list", next="x" * 300)
    assert len(app._addresses) <= 4
    assert all(len(address) <= 256 for address in app._addresses.values())
