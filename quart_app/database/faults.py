"""Which errors are faults of the database, and which are not.

A fault of the database is temporary: the response is 503, and the same request can succeed a moment later. An error
about the statement, such as a violated constraint, is for the caller or is a bug, and is raised unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import ServiceUnavailable

_MISTAKES = (IntegrityError, DataError, ProgrammingError, NotSupportedError)

_CLASSES = frozenset({"0A", "21", "22", "23", "2F", "34", "42", "44"})
"""Errors about the statement, by the first two characters of SQLSTATE (PostgreSQL, appendix A): SQLAlchemy wraps most
errors of asyncpg as plain ``DBAPIError``."""

_FAULTS = (DBAPIError, PoolTimeoutError, TimeoutError, OSError)
"""The database is down, unreachable, locked, full or too slow. Drivers raise the last two as they are."""


class DatabaseUnavailable(ServiceUnavailable):
    """The database cannot answer now: 503. It is unknown whether there is a user, so the request is not anonymous.

    In a request nothing was changed, unless it is :class:`OutcomeUnknown`.

    Attributes:
        log_message: what the log says; the description is for the client.
    """

    log_message = "The database does not answer."

    def __init__(self) -> None:
        super().__init__("The database does not answer. Try again in a moment.", retry_after=1)


class OutcomeUnknown(DatabaseUnavailable):
    """The database failed after a commit had begun: 503. The change was made, or it was not; nobody here can tell."""

    log_message = "The database was lost during a commit: the change may have been made, or not."

    def __init__(self) -> None:
        super().__init__()
        self.description = "The database did not answer when the change was saved. Look whether it was, and try again."


@contextmanager
def faults_are_unavailability() -> Iterator[None]:
    """Raise DatabaseUnavailable for a fault of the database in this block; other errors are raised unchanged."""
    try:
        yield
    except Exception as error:
        if is_fault(error):
            raise DatabaseUnavailable from error
        raise


def is_fault(error: Exception) -> bool:
    """Whether an error is a fault of the database itself."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        if isinstance(error, NotSupportedError):
            return _is_stale(error.orig)
        return not (isinstance(error, _MISTAKES) or _sqlstate_class(error.orig) in _CLASSES)
    return isinstance(error, _FAULTS) and not isinstance(error, _MISTAKES)


def is_lock_timeout(error: DBAPIError) -> bool:
    """Whether PostgreSQL gave up waiting for a lock (``lock_not_available``)."""
    return getattr(error.orig, "sqlstate", None) == "55P03"


def _is_stale(error: BaseException) -> bool:
    """Whether a statement had been prepared before a migration. It is not wrong, and the next attempt succeeds."""
    from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi  # with SQLite, nothing imports it

    return isinstance(error, AsyncAdapt_asyncpg_dbapi.InvalidCachedStatementError)


def _sqlstate_class(error: BaseException) -> str:
    return (getattr(error, "sqlstate", None) or "")[:2]
