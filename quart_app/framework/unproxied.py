"""The current request, session and ``g`` themselves: for code that reads several of their attributes.

Quart's names for them are proxies, and each attribute that is read through one costs three calls.

Written for Werkzeug 3.1, whose proxies have the method ``_get_current_object``: private by its name, and described in
Flask's manual. It is the same in Quart 0.22 and 0.23, whose context variables are not. If it goes, use the proxies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from quart import Request, g, request, session
from quart.sessions import SessionMixin

current_request: Callable[[], Request] = cast(Any, request)._get_current_object
"""The current request. It raises RuntimeError if there is none."""

current_session: Callable[[], SessionMixin] = cast(Any, session)._get_current_object
"""The session of the current request or websocket. It raises RuntimeError if there is neither."""

current_globals: Callable[[], Any] = cast(Any, g)._get_current_object
"""What ``g`` is now. It raises RuntimeError outside of an application context."""
