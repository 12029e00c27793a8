"""The page that shows who is online, kept up to date over a websocket.

=====================  ==========================================================
``views``              the page and its websocket
``messages``           the message that the websocket sends, as a model
``asyncapi``           the description of the websocket, for programs
``people``             who is online, sorted by name
``sockets``            one open websocket: sends its messages, and closes it
``hub``                all open websockets of this worker, and the broadcast to them
``watch``              closes websockets whose login session has ended
``presence_messages``  the messages by which workers tell each other who is online
``channel``            sends and receives them through Redis
=====================  ==========================================================
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Collection

from quart_app.application import Application
from quart_app.server_stop import current_server_stop

from . import asyncapi
from .hub import Hub, current_hub
from .people import People
from .presence_messages import PresenceMessages
from .views import blueprint
from .watch import watch_sessions

_CANCEL_INTERVAL = 0.1  # seconds until a task that has not ended is cancelled again


def init_app(app: Application) -> None:
    """Add the page, and its background tasks while the application is served."""
    app.register_blueprint(blueprint)
    app.register_blueprint(asyncapi.blueprint)

    @app.while_serving
    async def run_live() -> AsyncGenerator[None, None]:
        redis_url = app.settings.redis_url
        messages = PresenceMessages(secrets.token_hex(8), People()) if redis_url else None
        hub = current_hub.add(app, Hub(sockets_per_user=app.settings.live_sockets_per_user, messages=messages))
        current_server_stop.of(app).call(hub.stop)
        jobs = [hub.broadcast(), watch_sessions(app, hub)]
        channel = None
        if redis_url and messages:
            from .channel import Channel  # the library is optional

            channel = Channel(redis_url.get_secret_value(), messages, hub)
            jobs += [channel.receive(), channel.send()]
        tasks = [asyncio.create_task(job) for job in jobs]

        yield

        hub.stop()
        await hub.wait_until_empty()
        await end_tasks(tasks)
        if channel:
            await channel.close()


async def end_tasks(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks, and wait until they have ended; their errors are ignored.

    A cancellation may be lost, and is repeated: on Python 3.11, redis-py with a timeout goes on after it has sent a
    command (findings/redis_send_keeps_a_cancellation.sh).
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_CANCEL_INTERVAL)
    await asyncio.gather(*tasks, return_exceptions=True)
