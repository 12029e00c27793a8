"""The database: one engine for the application, one session for each piece of work.

======================  ==========================================================
``connections``         :class:`Database`: sessions, single statements, health checks, migrations
``connection_limiter``  how many requests use the database at once, and a fair queue for the others
``data_loader``         a batching data loader: one statement for all keys that are requested together
``backends``            SQLite or PostgreSQL, by ``DATABASE_URL``
``sqlite``              SQLite through aiosqlite: WAL, pragmas, the write lock for migrations
``one_round_trip``      an aiosqlite connection that executes and fetches in one round trip to its thread, or in none
``pace``                whether look-ups are quick enough for none, and need no task either
``postgresql``          PostgreSQL through asyncpg: timeouts, broken connections, the lock for migrations
``connecting``          a connection attempt by asyncpg: to the right host, checked, and never cancelled
``pooler_check``        finds a connection pooler that no setting mentions, and one of the wrong kind
``pooled_connection``   an asyncpg connection to a connection pooler, which sets timeouts in each transaction
``prompt_connection``   an asyncpg connection that is closed soon, even if the server does not answer
``faults``              which errors are faults of the database (503), and which are not
``inserts``             INSERT with ON CONFLICT, for both databases
``batches``             DELETE of any number of rows, in batches
``rows``                objects of a model made from rows, without a session
``base``                what all tables inherit: naming of constraints, UTC datetimes
======================  ==========================================================
"""

from quart_app.database_url import UnusableDatabaseUrl as UnusableDatabaseUrl

from .base import IDS_USED_ONCE as IDS_USED_ONCE
from .base import Base as Base
from .base import UtcDateTime as UtcDateTime
from .batches import delete_in_batches as delete_in_batches
from .connections import Database as Database
from .connections import current_database as current_database
from .data_loader import KeyQuery as KeyQuery
from .faults import DatabaseUnavailable as DatabaseUnavailable
from .faults import OutcomeUnknown as OutcomeUnknown
from .faults import is_lock_timeout as is_lock_timeout
from .inserts import insert_into as insert_into
