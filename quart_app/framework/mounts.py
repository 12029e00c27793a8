"""404 outside of the path that the application is mounted at.

Quart cuts ``root_path`` off without a look at what follows, so ``/sublogin`` would be the ``/login`` of an application
at ``/sub``. A rule of the proxy for ``/sub/api/v1/docs`` would not know ``/subapi/v1/docs``.

Written for Quart 0.22 and 0.23, which give a path that does not begin with ``root_path`` to no rule.
``test_paths_beside_the_mount`` fails if that changes; if Quart looks at what follows, remove this module.
"""

from __future__ import annotations

from typing import TypeVar

from hypercorn.typing import HTTPScope, WebsocketScope

from quart_app.faces import is_below_mount

AnyScope = TypeVar("AnyScope", HTTPScope, WebsocketScope)


def without_path_beside_mount(scope: AnyScope) -> AnyScope:
    """The scope as it is if its path is below the mount, or else with a path that is none of the application's."""
    return scope if is_below_mount(scope) else {**scope, "path": "/"}
