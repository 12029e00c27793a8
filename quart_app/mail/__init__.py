"""Mails: a queue in the database, and the worker that sends them.

A request only adds a row, in the transaction that the mail belongs to. One worker of all hosts sends what is due, by a
lease, and deletes the row when the mail server has accepted the mail. So no mail is lost when a worker or the mail
server dies, and one may arrive twice: it is sent at least once.

================  ==========================================================
``queue``         adds a mail to the queue; lists those in it, and makes them due
``site``          the address of the site, which links in mails begin with
``letter``        what a mail says: composed when it is sent, from a template
``message``       the mail as it is sent: headers, and parts in text and HTML
``delivery``      where mails go, and how that can fail
``smtp``          a mail server
``folder``        files, instead of a mail server
``backoff``       when a mail is tried again, and when it is given up
``lease``         one worker at a time sends
``sender``        sends what is due
``failures``      writes down why a mail was not sent, and when it is tried again
``serving``       runs the sender while the application is served
================  ==========================================================
"""

from __future__ import annotations

import asyncio
from email.headerregistry import Address
from pathlib import Path

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.mail_url import MailFolder, MailServer, read_mail_from, read_mail_url
from quart_app.operation.logs import get_logger
from quart_app.operation.metrics import current_metrics

from .delivery import Delivery
from .folder import FolderDelivery
from .letter import Composers, current_composers
from .queue import current_wake_up
from .sender import Sender
from .serving import send_while_serving

_log = get_logger("quart_app.mail")

_FOLDER_SENDER = Address("Microblog", "microblog", "localhost")
"""The sender of mails that only become files."""


def init_app(app: Application, composers: Composers) -> None:
    """Send the mails in the queue while the application is served.

    Arguments:
        app: an application with settings, database and metrics.
        composers: write what a mail says, for each kind.
    """
    settings = app.settings
    current_wake_up.add(app, asyncio.Event())
    all_composers = current_composers.add(app, dict(composers))
    url = settings.mail_url
    target = MailFolder() if url is None else read_mail_url(url.get_secret_value())
    if not settings.send_mails:
        return
    if isinstance(target, MailFolder):
        _report_folder(app, _folder(app, target))
    sender = Sender(
        current_database.of(app),
        _delivery(app, target),
        all_composers,
        templates=app.jinja_env,
        sender=_FOLDER_SENDER if settings.mail_from is None else read_mail_from(settings.mail_from),
        metrics=current_metrics.of(app),
    )
    send_while_serving(app, sender)


def _delivery(app: Application, target: MailServer | MailFolder) -> Delivery:
    if isinstance(target, MailFolder):
        return FolderDelivery(_folder(app, target))
    from .smtp import SmtpDelivery  # with aiosmtplib, which is of no use without a mail server

    return SmtpDelivery(target)


def _folder(app: Application, target: MailFolder) -> Path:
    return Path(app.instance_path) / "mail" if target.path is None else target.path


def _report_folder(app: Application, folder: Path) -> None:
    @app.before_serving
    async def report() -> None:
        _log.info("No mail is sent: each is written to a file. To send them, set MAIL_URL", folder=str(folder))
