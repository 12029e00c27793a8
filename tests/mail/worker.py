"""A worker that sends mails, as a process of its own, which a test kills."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.factory import create_app
from quart_app.mail.letter import Letter, current_composers
from quart_app.mail.queue import current_wake_up
from quart_app.models.outgoing_mail import MailKind, OutgoingMail
from tests.mail.post_office import add_templates, compose
from tests.serving.server import EXIT_TIMEOUT

_METHOD = multiprocessing.get_context("forkserver")  # one process imports the application, and each worker begins there
_METHOD.set_forkserver_preload([__name__])


def _work(settings: Mapping[str, object], composing: Path | None) -> None:
    async def hang(session: AsyncSession, mail: OutgoingMail) -> Letter | None:
        if composing is not None:
            await asyncio.to_thread(composing.touch)
            await asyncio.Event().wait()
        return await compose(session, mail)

    async def serve() -> None:
        app = create_app(settings)
        add_templates(app)
        current_composers.of(app)[MailKind.SET_PASSWORD] = hang
        async with app.test_app():
            current_wake_up.of(app).set()
            await asyncio.Event().wait()

    asyncio.run(serve())


@contextmanager
def killed_worker(settings: Mapping[str, object], *, composing: Path | None = None) -> Iterator[None]:
    """Run a worker that sends what is due, and kill it with SIGKILL at the end of the block.

    Arguments:
        settings: of its application.
        composing: the worker makes this file when it composes a mail, and waits there; None: it does not wait.
    """
    process = _METHOD.Process(target=_work, args=(settings, composing))
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join(EXIT_TIMEOUT)
