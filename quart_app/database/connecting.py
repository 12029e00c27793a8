"""A connection attempt by asyncpg: to the right one of several hosts, checked, and never cancelled.

Written for asyncpg 0.32, which leaves an exception that is never retrieved if :func:`asyncpg.connect` is cancelled (its
issue 1310). Once that is fixed, the task of :func:`connect` can go; ``test_database_faults.py`` cancels such attempts.
"""

from __future__ import annotations

from asyncio import CancelledError, Task, create_task, shield
from collections.abc import Sequence
from typing import Any

from quart_app.database_url import PostgresqlServer, UnusableDatabaseUrl

from .pooler_check import PoolerCheck


async def connect(server: PostgresqlServer, check: PoolerCheck, *arguments: Any, **options: Any) -> Any:
    """Connect with asyncpg. A cancelled attempt goes on to its end in the background, and the connection is closed.

    Arguments:
        server: what the URL says.
        check: checks the connection.
        arguments: asyncpg's.
        options: asyncpg's, too.

    Raises:
        UnusableDatabaseUrl: it is a connection pooler that nobody mentioned, or asyncpg refuses the URL.
        ConnectionError: no host is what ``target_session_attrs`` asks for.
    """
    # asyncpg is optional, and 0.32 has no types.
    from asyncpg import ClientConfigurationError, DataError, PostgresError, SyntaxOrAccessError  # type: ignore[import-untyped]

    connecting = create_task(_connect_and_check(server, check, *arguments, **options))
    try:
        return await shield(connecting)
    except CancelledError:
        connecting.add_done_callback(_close_late)
        raise
    except ClientConfigurationError as error:
        raise UnusableDatabaseUrl(f"{server.setting} cannot be used: {error}.") from None
    except PostgresError as error:
        if (refusal := check.refusal(error)) is not None:
            raise refusal from None
        if isinstance(error, DataError | SyntaxOrAccessError):  # of a setting in the URL's "options"
            raise UnusableDatabaseUrl(f"{server.setting} cannot be used: {error}.") from None
        raise


async def _connect_and_check(server: PostgresqlServer, check: PoolerCheck, *arguments: Any, **options: Any) -> Any:
    connection = await _connect_to_a_host(server, *arguments, **options)
    try:
        await check.check(connection, options.get("server_settings", {}))
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _connect_to_a_host(server: PostgresqlServer, *arguments: Any, **options: Any) -> Any:
    """Connect to the first host that answers and is what ``target_session_attrs`` asks for.

    asyncpg can do this itself, but with one timeout for all hosts: one that does not answer would use it up.
    """
    import asyncpg

    hosts: Sequence[tuple[str | None, int | None]] = server.hosts or [(None, None)]
    if "timeout" in options:
        options["timeout"] /= len(hosts)
    reasons: list[Exception] = []
    for host, port in hosts:
        try:
            return await asyncpg.connect(*arguments, **options, host=host, port=port)
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.TargetServerAttributeNotMatched) as error:
            reasons.append(error)
    if len(reasons) == 1 and not isinstance(reasons[0], asyncpg.TargetServerAttributeNotMatched):
        raise reasons[0]
    # None of these is an error that SQLAlchemy knows.
    raise ConnectionError(f"No host of {server.setting} can be used: {'; '.join(map(repr, reasons))}")


def _close_late(connecting: Task[Any]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().terminate()
