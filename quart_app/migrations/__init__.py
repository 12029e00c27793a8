"""How the tables came to be what they are: one revision for each change, in the order of their numbers.

To change a table, change its model, and then let Alembic write what follows from that::

    quart --app quart_app db revision "Add posts"

compares the models with the database of this machine and writes a file in ``versions/``, with the next number. Read
it, as it sees neither renamed columns nor what rows should contain afterwards, and say in its docstring what it is for.

During a deployment old workers meet the new tables, so a revision must leave the code before it working: add
first, and remove one release later what nobody uses any more. An index on a large table of PostgreSQL is made
``with op.get_context().autocommit_block()`` and ``postgresql_concurrently=True``, so that nobody waits for it.

=============  ==========================================================
``versions/``  the revisions; a file begins with the number that is its id
``revisions``  which one a database is at, and which one is wanted; without Alembic, for a quick start
``start``      what a server does about it when it starts
``changes``    upgrade, downgrade, compare, write a new one; with Alembic
``errors``     why tables cannot be changed, or worked with
``env.py``     what Alembic runs
=============  ==========================================================
"""
