"""``mail``: the mails that were not sent yet, for operators."""

from __future__ import annotations

import click

from quart_app.application import Application
from quart_app.mail.queue import retry_mails, waiting_mails
from quart_app.models.outgoing_mail import ID_MAX

from .tables import with_tables


@click.group("mail")
def group() -> None:
    """List the mails that wait to be sent or were given up, and send them now."""


@group.command("list")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="Show so many at most.")
@with_tables
async def list_(_app: Application, limit: int) -> None:
    """List them: id, kind, address, when added, failed attempts, next attempt, last error; given up ones first."""
    mails = await waiting_mails(limit + 1)
    for mail in mails[:limit]:
        due = "given up" if mail.next_attempt_at is None else f"{mail.next_attempt_at:%Y-%m-%d %H:%M:%S}Z"
        added = f"{mail.created_at:%Y-%m-%d %H:%M:%S}Z"
        fields = [str(mail.id), mail.kind, mail.address, added, str(mail.attempts), due, mail.last_error or ""]
        click.echo("\t".join(fields))
    if not mails:
        click.echo("No mail waits or was given up.", err=True)
    elif len(mails) > limit:
        click.echo(f"There are more than these {limit}: --limit shows them.", err=True)


@group.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=click.IntRange(1, ID_MAX))
@click.option("--all", "everything", is_flag=True, help="All of them.")
@with_tables
async def retry(_app: Application, ids: tuple[int, ...], everything: bool) -> None:
    """Send mails now, those that were given up included: a server does it within seconds."""
    if bool(ids) == everything:
        raise click.UsageError("Give IDs, as `mail list` shows them, or --all.")
    due = await retry_mails(None if everything else ids)
    if due == 0 and ids:
        raise click.ClickException("No mail in the queue has such an id. It may have been sent.")
    click.echo(f"{due} mail{' is' if due == 1 else 's are'} due now.")
