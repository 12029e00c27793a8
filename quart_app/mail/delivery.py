"""Where mails go, and how that can fail."""

from __future__ import annotations

from typing import Protocol

from .message import Message


class DeliveryFailed(Exception):
    """This mail was not accepted now, or it is unknown whether it was; another attempt may succeed."""


class MailRefused(Exception):
    """This mail will never be accepted."""


class MailServerUnavailable(Exception):
    """No mail can be sent now, whichever it is."""


class Delivery(Protocol):
    """A place that mails go to: a mail server, or a folder."""

    async def deliver(self, message: Message) -> None:
        """Send a mail. When this returns, the other side is responsible for it.

        Raises:
            DeliveryFailed: another attempt may succeed.
            MailRefused: no attempt will.
            MailServerUnavailable: nothing can be sent now.
        """

    async def close(self) -> None:
        """Close the connection that mails are sent over, if there is one."""
