"""The page that shows who is online, as people come and go.

=================  ==========================================================
``views``          the page and its websocket
``people``         who is online, sorted
``sockets``        one open websocket: what waits to be sent, why it closes
``hub``            all open websockets of this worker, and what they are told
``watch``          websockets end with their login sessions
``gossip``         what workers tell each other
``channel``        how they do it: through Redis
``server_stop``    websockets end when the server does
=================  ==========================================================
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator

from quart_app.application import Application

from .gossip import Gossip
from .hub import Hub, current_hub
from .people import People
from .server_stop import call_at_server_stop
from .views import blueprint
from .watch import watch_sessions


def init_app(app: Application) -> None:
    """Add the page, and what runs beside it while the application is served."""
    app.register_blueprint(blueprint)

    @app.while_serving
    async def run_live() -> AsyncGenerator[None, None]:
        redis_url = app.settings.redis_url
        gossip = Gossip(secrets.token_hex(8), People()) if redis_url else None
        hub = current_hub.add(app, Hub(sockets_per_user=app.settings.live_sockets_per_user, gossip=gossip))
        jobs = [hub.broadcast(), watch_sessions(app, hub), _stop_with_server(hub)]
        channel = None
        if redis_url and gossip:
            from .channel import Channel  # the library is optional

            channel = Channel(redis_url.get_secret_value(), gossip, hub)
            jobs += [channel.listen(), channel.speak()]
        tasks = [asyncio.create_task(job) for job in jobs]

        yield

        hub.stop()
        await hub.wait_until_empty()
        if channel:
            await channel.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _stop_with_server(hub: Hub) -> None:
    await hub.occupied.wait()  # by then the server is serving
    call_at_server_stop(hub.stop)
