"""The revisions of the tables: one for each change, in the order of their numbers.

To change a table, change its model, and then let Alembic write the revision::

    quart --app quart_app db revision "Add posts"

compares the models with the local database, and writes a file in ``versions/`` with the next number. Read that file:
Alembic recognises neither renamed columns nor what rows should contain afterwards. Write its purpose in the docstring.
A new table needs its module in ``MODELS`` (``changes``) first; other tables are not compared.

During a deployment old workers use the new tables, so a revision must keep the previous release working: add first,
and remove what is unused one release later. Create an index on a large table of PostgreSQL inside ``with
op.get_context().autocommit_block()`` and with ``postgresql_concurrently=True``, so that it blocks no writes.

==================  ==========================================================
``versions/``       the revisions; each file name begins with the number that is its id
``revisions``       the revision of a database and the one of this code; without Alembic, for a quick start
``start``           what a server does about old tables when it starts
``production_use``  whether a database is used in production, as it says itself
``changes``         upgrade, downgrade, compare, write a revision; with Alembic
``errors``          why tables cannot be used or changed
``env``             run by Alembic
==================  ==========================================================
"""
