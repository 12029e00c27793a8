"""Answers 404 outside of the path that the application is mounted at.

Quart cuts ``root_path`` off without a look at what follows, so ``/sublogin`` would be the ``/login`` of an application
at ``/sub``. A rule of the proxy for ``/sub/api/v1/docs`` would not know ``/subapi/v1/docs``.
"""

from __future__ import annotations

from quart import abort, request, websocket

from quart_app.application import Application
from quart_app.operation.endpoints import is_below_mount


def init_app(app: Application) -> None:
    """Check the path of every request and websocket, before a user is loaded."""

    @app.early_request_check
    async def refuse_paths_beside_the_mount() -> None:
        if not is_below_mount(request.scope):
            abort(404)

    @app.early_websocket_check
    async def refuse_websockets_beside_the_mount() -> None:
        if not is_below_mount(websocket.scope):
            abort(404)
