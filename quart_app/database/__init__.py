"""The database: one engine for the application, one session for each piece of work.

================  ==========================================================
``connections``   :class:`Database`: who gets a connection, and for how long
``turns``         the line in which the others wait
``look_ups``      one row by a key, for all who ask at the same moment
``backends``      SQLite or PostgreSQL, by ``DATABASE_URL``
``urls``          what that may say
``sqlite``        SQLite by aiosqlite: readers and the writer in each other's way as little as can be
``one_trip``      its connections, quicker
``postgresql``    PostgreSQL by asyncpg: nothing that is asked of it goes without an end
``faults``        which errors are the database's (503), and which are ours
``inserts``       rows that may be there already
``models``        what all tables have in common
================  ==========================================================
"""

from .base import IDS_USED_ONCE as IDS_USED_ONCE
from .base import Base as Base
from .base import UtcDateTime as UtcDateTime
from .connections import Database as Database
from .connections import current_database as current_database
from .faults import DatabaseUnavailable as DatabaseUnavailable
from .inserts import insert_into as insert_into
from .look_ups import LookUp as LookUp
from .urls import UnusableDatabaseUrl as UnusableDatabaseUrl
