"""Mutations for checks 41 and 42 of docs/security.md."""

from __future__ import annotations

from .mutation import Mutation

_ENDS_LOGINS = "tests/checks/test_mail_links.py::test_a_new_password_ends_all_logins"
_LOST_MAILS = "tests/checks/test_lost_mails.py::"
_KILLED = f"{_LOST_MAILS}test_killed_while_sending[sqlite]"

MUTATIONS = (
    Mutation(
        check=41,
        breaks="A password that is set by a link ends no login.",
        file="quart_app/accounts/forgotten_passwords.py",
        old="        ended = await end_sessions_in(session, user.id)\n",
        new="        ended = 0\n",
        tests=(f"{_ENDS_LOGINS}[sqlite-True]", f"{_ENDS_LOGINS}[sqlite-False]"),
    ),
    Mutation(
        check=41,
        breaks="A password that is set by a link leaves other links valid.",
        file="quart_app/accounts/forgotten_passwords.py",
        old="        await end_tokens_in(session, user.id)\n",
        new="",
        tests=(f"{_ENDS_LOGINS}[sqlite-True]", f"{_ENDS_LOGINS}[sqlite-False]"),
    ),
    Mutation(
        check=41,
        breaks="The login of the browser that sets the password goes on.",
        file="quart_app/accounts/forgotten_passwords.py",
        old="        if here is not None and here.user_id != user.id:\n",
        new="        if False:\n",
        tests=(f"{_ENDS_LOGINS}[sqlite-False]",),
    ),
    Mutation(
        check=42,
        breaks="The row of a mail is deleted before the mail is sent.",
        file="quart_app/mail/sender.py",
        old="            await session.commit()\n        return message",
        new="            await session.delete(mail)\n            await session.commit()\n        return message",
        tests=(_KILLED,),
    ),
    Mutation(
        check=42,
        breaks="A mail is sent whose token is not committed.",
        file="quart_app/mail/sender.py",
        old="            await session.commit()\n        return message",
        new="        return message",
        tests=(_KILLED,),
    ),
    Mutation(
        check=42,
        breaks="Every worker sends, whoever has the lease.",
        file="quart_app/mail/lease.py",
        old="MailSender.holder == self._holder, MailSender.until <= now,",
        new="MailSender.id == THE_ROW,",
        tests=(_KILLED,),
    ),
    Mutation(
        check=42,
        breaks="A connection that ends before the answer counts as an accepted mail.",
        file="quart_app/mail/smtp.py",
        old='            raise DeliveryFailed(f"The connection ended before an answer: {_describe(error)}") from error',
        new="            _describe(error)",
        tests=(f"{_LOST_MAILS}test_mail_servers_with_faults[sqlite]",),
    ),
)
