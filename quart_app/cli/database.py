"""``db``: upgrade, downgrade, check and write the revisions of the tables.

Each command imports Alembic when it runs, because servers import the commands, too, and start faster without it.
"""

from __future__ import annotations

import click

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.migrations.revisions import current_revision, head_revision

from .running import with_app


@click.group("db")
def group() -> None:
    """Create, change and check the tables."""


@group.command()
@with_app
async def upgrade(app: Application) -> None:
    """Apply all revisions that the database lacks; safe on several hosts at once."""
    from quart_app.migrations.changes import upgrade_tables

    changes = await upgrade_tables(current_database.of(app))
    for change in changes:
        click.echo(f"Applied {change.revision}: {change.summary}")
    if not changes:
        click.echo(f"Nothing to do: the database is at revision {await current_revision(current_database.of(app))}.")


@group.command()
@click.argument("revision")
@with_app
async def downgrade(app: Application, revision: str) -> None:
    """Take back all revisions after REVISION, with the data in them; "base" is before the first."""
    from quart_app.migrations.changes import downgrade_tables

    changes = await downgrade_tables(current_database.of(app), revision)
    for change in changes:
        click.echo(f"Took back {change.revision}: {change.summary}")
    if not changes:
        click.echo(f"Nothing to do: the database has no revision after {revision}.")


@group.command()
@with_app
async def check(app: Application) -> None:
    """Fail unless the database is at the last revision and the tables match the models."""
    from quart_app.migrations.changes import compare_tables

    current, wanted = await current_revision(current_database.of(app)), head_revision()
    if current != wanted:
        raise click.ClickException(
            f"The database is at revision {current or 'none'}, and this code needs {wanted}. "
            "Run: quart --app quart_app db upgrade"
        )
    differences = await compare_tables(current_database.of(app))
    for difference in differences:
        click.echo(f"Different: {difference}")
    if differences:
        raise click.ClickException(
            'The tables do not match the models. Write a revision: quart --app quart_app db revision "What it does"'
        )
    click.echo(f"The database is at revision {current}, and the tables match the models.")


@group.command()
@click.argument("summary")
@with_app
async def revision(app: Application, summary: str) -> None:
    """Write the next revision, which makes the tables of this database match the models."""
    from quart_app.migrations.changes import write_revision

    file = await write_revision(current_database.of(app), summary)
    click.echo(f"Wrote {file}. Read it before you apply it.")
