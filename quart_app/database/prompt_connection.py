"""An asyncpg connection that is closed soon, even if the server does not answer.

SQLAlchemy closes the connection of a statement that was given up, and waits two seconds for the server to agree. A
request would wait that long after its waiting time was over.

Written for SQLAlchemy 2.1, which passes these two seconds to the public method of asyncpg that is overridden here. If
that changes, ``test_a_request_that_has_waited_before`` fails.
"""

from __future__ import annotations

from asyncpg import Connection  # type: ignore[import-untyped]  # 0.32 has no types

_CLOSE_TIMEOUT = 0.3  # seconds; a server that answers needs a few milliseconds


class PromptConnection(Connection):  # type: ignore[misc]  # has no types
    """A connection whose end takes 0.3 seconds at most; after that asyncpg closes the socket."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's
        """Close it, in *timeout* seconds or :data:`_CLOSE_TIMEOUT`, whichever is less."""
        await super().close(timeout=_CLOSE_TIMEOUT if timeout is None else min(timeout, _CLOSE_TIMEOUT))
