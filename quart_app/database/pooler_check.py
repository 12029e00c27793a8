"""Finds a connection pooler where the settings say that there is none, and a pooler of the wrong kind.

A pooler may accept the settings at connect and drop them (PgBouncer's ``ignore_startup_parameters``). Connections then
have no timeouts, prepared statements are on other connections of the server than the next statement, and the advisory
lock of migrations means nothing. Only the server itself can tell, so the first connection asks it: one round trip for
each process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart_app.database_url import DATABASE_DIRECT_URL, PostgresqlServer, UnusableDatabaseUrl

_SETTING = "statement_timeout"
_FOUND = "SELECT 1"  # the status of a SELECT that returned one row (PostgreSQL, "CommandComplete")
_UNSUPPORTED = "unsupported startup parameter"  # PgBouncer's words
_NO_TRANSACTIONS = "statement pooling mode"  # PgBouncer's words, too


class PoolerCheck:
    """Checks the first connection to a server; the connections after it are not checked.

    Arguments:
        server: the server, for messages.
        behind_pooler: whether a connection pooler in transaction mode is expected.
    """

    def __init__(self, server: PostgresqlServer, *, behind_pooler: bool = False) -> None:
        self._server = server
        self._behind_pooler = behind_pooler
        self._is_done = False

    async def check(self, connection: Any, settings: Mapping[str, str]) -> None:
        """Check an asyncpg connection.

        Arguments:
            connection: the connection, just opened.
            settings: the settings of the server that it was opened with.

        Raises:
            UnusableDatabaseUrl: the connection leads to a pooler that nobody mentioned, or to one that has no
                transactions.
            PostgresError: the server failed; the next connection is checked instead.
        """
        if self._is_done:
            return
        if self._behind_pooler:
            async with connection.transaction():
                pass
        else:
            # asyncpg sends a query without arguments as a simple one, which needs no prepared statement.
            kept = f"SELECT FROM pg_settings WHERE name = '{_SETTING}' AND setting = '{settings[_SETTING]}'"
            if await connection.execute(kept) != _FOUND:
                raise UnusableDatabaseUrl(self._advice("drops the settings of a connection"))
        self._is_done = True

    def refusal(self, error: Exception) -> UnusableDatabaseUrl | None:
        """What to raise for an error of a connection attempt; None if it says nothing about a pooler."""
        if _NO_TRANSACTIONS in str(error):
            return UnusableDatabaseUrl(
                f"{self._server.setting} leads to a connection pooler in statement mode, which has no transactions. "
                "Set its pool_mode to transaction."
            )
        if _UNSUPPORTED not in str(error):
            return None
        if self._behind_pooler:
            return UnusableDatabaseUrl(
                f"The connection pooler of {self._server.setting} refuses a parameter of the URL ({error}). Remove it "
                "from the URL; ALTER ROLE ... SET gives a role the same settings."
            )
        return UnusableDatabaseUrl(self._advice(f"refuses a parameter ({error})"))

    def _advice(self, what_it_does: str) -> str:
        found = f"{self._server.setting} leads to a connection pooler, which {what_it_does}."
        if self._server.setting == DATABASE_DIRECT_URL:
            return f"{found} Set it to the PostgreSQL server itself."
        return f"{found} Set DATABASE_POOLER=transaction, and DATABASE_DIRECT_URL to the server itself for migrations."
