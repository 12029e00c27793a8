"""What a mail says, composed when it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.extension import Extension
from quart_app.models.outgoing_mail import MailKind, OutgoingMail


@dataclass(frozen=True)
class Letter:
    """The content of a mail.

    Attributes:
        subject: one line.
        template: the name of two templates without its ending: ``mail/<template>.txt`` and ``mail/<template>.html``.
        context: the variables of both. Each
            template has ``site``, the address of the site, and ``subject``, too.
    """

    subject: str
    template: str
    context: Mapping[str, object] = field(default_factory=dict)


Composer: TypeAlias = Callable[[AsyncSession, OutgoingMail], Awaitable[Letter | None]]
"""Writes the letter of a mail that is sent now; None if there is nothing to say any more, and nothing is sent.

It may add rows, such as a token: they are committed before the mail is sent, and for each attempt anew; without a
letter as well. It does not commit itself.
"""

Composers: TypeAlias = Mapping[MailKind, Composer]

current_composers = Extension[dict[MailKind, Composer]]("quart_app.mail.composers")
"""The composers of the current application."""
