"""Which errors are the database's, and which are ours.

A fault of the database passes: 503, and the same request is right a moment later. What the database says of a
statement and not of itself is for the caller, or is a bug, and stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import ServiceUnavailable

_MISTAKES = (IntegrityError, DataError, ProgrammingError, NotSupportedError)

_CLASSES = frozenset({"0A", "21", "22", "23", "2F", "34", "42", "44"})
"""The same by the first two characters of SQLSTATE (PostgreSQL, appendix A): most errors of asyncpg are a mere
``DBAPIError`` for SQLAlchemy."""

_FAULTS = (DBAPIError, PoolTimeoutError, TimeoutError, OSError)
"""The database is down, unreachable, locked, full or too slow. Drivers raise the last two as they are."""


class DatabaseUnavailable(ServiceUnavailable):
    """The database cannot answer now: 503, as nothing is known of the user, least of all "nobody"."""

    def __init__(self) -> None:
        super().__init__("The database does not answer. Try again in a moment.", retry_after=1)


@contextmanager
def faults_are_unavailability() -> Iterator[None]:
    """Raise DatabaseUnavailable for what is the database's fault in this block, and the error itself for the rest."""
    try:
        yield
    except Exception as error:
        if is_fault(error):
            raise DatabaseUnavailable from error
        raise


def is_fault(error: Exception) -> bool:
    """Whether the database itself is what failed."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return _is_stale(error.orig) or not (isinstance(error, _MISTAKES) or _sqlstate_class(error.orig) in _CLASSES)
    return isinstance(error, _FAULTS) and not isinstance(error, _MISTAKES)


def _is_stale(error: BaseException) -> bool:
    """Whether a statement was prepared before a migration, which says nothing of the statement: the next one is right.

    PostgreSQL counts this to class 0A, "feature not supported".
    """
    return isinstance(error, AsyncAdapt_asyncpg_dbapi.InvalidCachedStatementError)


def _sqlstate_class(error: BaseException) -> str:
    return (getattr(error, "sqlstate", None) or "")[:2]
