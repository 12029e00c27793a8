"""An asyncpg connection to a connection pooler in transaction mode, such as PgBouncer.

Each transaction there may run on another connection of the server. So timeouts cannot be settings of the connection:
they are set within each transaction, by ``SET LOCAL``, in the round trip of its ``BEGIN``.

``BEGIN`` waits for one of the pooler's connections to the server, and has a timeout of its own for that: while the
server is down, PgBouncer lets the first transactions wait and refuses those after them at once.

A statement that asyncpg gives up ends its connection, upon which the pooler ends that of the server. asyncpg would send
a cancel request, whose connection it closes with the other: PgBouncer 1.18 exits then (its issue 801).

Written for asyncpg 0.32, of which two internals are used:

- ``Transaction.start`` executes ``BEGIN`` by ``Connection.execute``. SQLAlchemy's event "begin" is the public way, and
  two more round trips for each transaction. ``test_timeouts_are_set_in_each_transaction`` fails if that changes.
- ``Connection._cancel_current_command`` sends the cancel request. ``test_frozen`` of ``test_pooler.py`` fails if that
  changes, with a PgBouncer that has the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .prompt_connection import PromptConnection

_BEGIN_TIMEOUT = 1.0  # seconds, as long as the queue for the connections to the pooler may stand still


def connection_class(settings: Callable[[], Mapping[str, str]]) -> type[Any]:
    """A class of connections whose transactions begin with these settings of the server, such as timeouts in ms."""

    class PooledConnection(PromptConnection):
        async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - asyncpg's
            if query.startswith("BEGIN"):
                local = "".join(f" SET LOCAL {name} = {value};" for name, value in settings().items())
                query, timeout = f"{query.rstrip(';')};{local}", timeout or _BEGIN_TIMEOUT
            status: str = await super().execute(query, *args, timeout=timeout)
            return status

        def _cancel_current_command(self, *_waiters: Any) -> None:
            self._loop.call_soon(self.terminate)  # not now: asyncpg has yet to raise the timeout

    return PooledConnection
