"""A program: an application that Sentry and OpenTelemetry watch, by the code of docs/monitoring.md.

    python -m tests.neighbours.watched '{"kind": "async", "remembered": false, "path": "/look", "options": {...}}'

It is a process of its own, because both tools change what all applications of a process share. It prints, as JSON, what
one request was answered, and what both tools would have sent.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import sentry_sdk
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.envelope import Envelope
from sentry_sdk.integrations.quart import QuartIntegration
from sentry_sdk.transport import Transport

from compat import current_user
from tests.compat.site import Site, close_browser, listening, names, set_cookies
from tests.docs.pages import DOCS, blocks


class Kept(Transport):  # type: ignore[misc, unused-ignore]  # to mypy it is Any where it is not installed
    """A transport that keeps what it should send."""

    def __init__(self) -> None:
        super().__init__(None)
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keep *envelope*."""
        self.envelopes.append(envelope)


def users(envelopes: list[Envelope]) -> list[str | None]:
    """The id of the user in each event."""
    events = [item.payload.json or {} for one in envelopes for item in one.items if item.type == "event"]
    return [(event.get("user") or {}).get("id") for event in events]


async def watch(kind: Any, path: str, remembered: bool, options: dict[str, Any]) -> dict[str, Any]:
    """What one request for *path* does."""
    kept, spans = Kept(), InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    site = Site(kind)
    examples: dict[str, Any] = {"app": site.app}
    for block in blocks(DOCS / "monitoring.md", "python"):
        exec(block.code, examples)  # noqa: S102
    sentry_sdk.init(
        dsn="http://key@127.0.0.1/1",
        transport=kept,
        traces_sample_rate=1.0,
        integrations=[QuartIntegration()],
        default_integrations=False,
        **examples["options"],
        **options,
    )

    @site.app.route("/event")
    async def event() -> str:
        sentry_sdk.capture_message("something happened")
        return ""

    @site.app.route("/error")
    async def error() -> str:
        raise RuntimeError("This is a fault.")

    @site.app.route("/look")
    async def look() -> str:
        name = str(current_user.name)
        sentry_sdk.capture_message("something happened")
        return name

    client = await site.logged_in("remember")
    if remembered:
        close_browser(client)
    kept.envelopes.clear()
    spans.clear()
    with listening(site.app) as heard:
        response = await client.get(path)
    sentry_sdk.flush()
    return {
        "status": response.status_code,
        "vary": response.headers.get("Vary"),
        "cookies": sorted(set_cookies(response)),
        "loads": site.loads,
        "signals": names(heard),
        "sentry": users(kept.envelopes),
        "urls": [
            *(str(item.payload.json) for one in kept.envelopes for item in one.items),
            *(str(span.attributes) for span in spans.get_finished_spans()),
        ],
        "opentelemetry": [
            span.attributes["enduser.id"]
            for span in spans.get_finished_spans()
            if span.attributes and "enduser.id" in span.attributes
        ],
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(watch(**json.loads(sys.argv[1])))))
