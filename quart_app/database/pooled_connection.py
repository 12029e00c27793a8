"""An asyncpg connection to a connection pooler in transaction mode, such as PgBouncer.

Each transaction there may run on another connection of the server. So timeouts cannot be settings of the connection:
they are set within each transaction, by ``SET LOCAL``, in the round trip of its ``BEGIN``. Statements outside of a
transaction (autocommit) have asyncpg's timeout only, which cancels them.

Written for asyncpg 0.32, whose ``Transaction.start`` executes ``BEGIN`` by ``Connection.execute``. SQLAlchemy's event
"begin" is the public way, and two more round trips for each transaction. If asyncpg begins otherwise one day, the
timeouts are those of autocommit, and ``test_pooler.py`` fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from asyncpg import Connection  # type: ignore[import-untyped]  # 0.32 has no types


def connection_class(settings: Callable[[], Mapping[str, str]]) -> type[Any]:
    """A class of connections whose transactions begin with these settings of the server, such as timeouts in ms."""

    class PooledConnection(Connection):  # type: ignore[misc]  # has no types
        async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - asyncpg's
            if query.startswith("BEGIN"):
                local = "".join(f" SET LOCAL {name} = {value};" for name, value in settings().items())
                query = f"{query.rstrip(';')};{local}"
            status: str = await super().execute(query, *args, timeout=timeout)
            return status

    return PooledConnection
