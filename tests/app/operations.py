"""The operations of the API that change something, and what their clients do when the outcome is unknown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from sqlalchemy import delete

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.outgoing_mail import MailKind, OutgoingMail
from tests.app.logged_in import add_new_user
from tests.app.mailbox import queued, sent_mail
from tests.app.program import Answer, Program
from tests.app.visitor import PASSWORD

NEW = "four words of another kind"
_numbers = count()


@dataclass
class Logins:
    """The logins of a user: here and elsewhere, by cookies. What only some operations need is empty at first.

    Attributes:
        by_token: a login by a token.
        confirmation: the token of a link that confirms the address.
        reset: the token of a link that sets a new password.
    """

    name: str
    here: Program
    elsewhere: Program
    elsewhere_id: str
    by_token: Program
    confirmation: str = ""
    reset: str = ""

    async def log_in(self, name: str, password: str = PASSWORD) -> int:
        """The status of one more login."""
        return (await Program(self.here.app).log_in(username=name, password=password)).status


class Operation(NamedTuple):
    """An operation that changes something.

    Attributes:
        name: its name in OpenAPI.
        send: sends the request.
        settle: does what OpenAPI says after ``outcome-unknown``, and checks that this tells whether it was done.
        prepare: gets what only this operation needs.
    """

    name: str
    send: Callable[[Logins], Awaitable[Answer]]
    settle: Callable[[Logins, bool], Awaitable[None]]
    prepare: Callable[[Logins], Awaitable[None]] | None = None


async def _get_token(logins: Logins) -> None:
    answer = await Program(logins.here.app).log_in(username=logins.name, kind="bearer")
    logins.by_token.token = answer.json["token"]


async def _get_confirmation(logins: Logins) -> None:
    assert (await _send_confirmation(logins)).status == 202
    logins.confirmation = (await sent_mail(logins.here.app, MailKind.CONFIRM_ADDRESS)).token


async def _get_reset(logins: Logins) -> None:
    assert (await _ask_for_reset(logins)).status == 202
    logins.reset = (await sent_mail(logins.here.app, MailKind.SET_PASSWORD)).token


async def _get_all(logins: Logins) -> None:
    for prepare in (_get_token, _get_confirmation, _get_reset):
        await prepare(logins)
    assert await logins.log_in(logins.name) == 201


async def _register(logins: Logins) -> Answer:
    return await Program(logins.here.app).register(username=f"x{logins.name}", email=f"x{logins.name}@example.com")


async def _log_in_as_registered(logins: Logins, is_done: bool) -> None:
    assert (await logins.log_in(f"x{logins.name}") == 201) is is_done


async def _log_in(logins: Logins) -> Answer:
    return await logins.elsewhere.log_in(username=logins.name)


async def _log_in_again(logins: Logins, _is_done: bool) -> None:
    assert (await _log_in(logins)).status == 201
    assert await logins.elsewhere.is_in()


async def _change_password(logins: Logins) -> Answer:
    return await logins.here.send("PUT", "/me/password", {"current_password": PASSWORD, "new_password": NEW})


async def _log_in_by_new_password(logins: Logins, is_done: bool) -> None:
    assert (await logins.log_in(logins.name, NEW) == 201) is is_done
    assert await logins.elsewhere.is_in() is not is_done


async def _change_email(logins: Logins) -> Answer:
    fields = {"current_password": PASSWORD, "email": f"new-{logins.name}@example.com"}
    return await logins.here.send("PUT", "/me/email", fields)


async def _change_email_again(logins: Logins, _is_done: bool) -> None:
    assert (await _change_email(logins)).status == 202
    assert {row.address for row in await queued(logins.here.app)} == {f"new-{logins.name}@example.com"}


async def _send_confirmation(logins: Logins) -> Answer:
    return await logins.here.send("POST", "/me/email-confirmation")


async def _send_confirmation_again(logins: Logins, _is_done: bool) -> None:
    assert (await _send_confirmation(logins)).status == 202
    assert {row.address for row in await queued(logins.here.app)} == {f"{logins.name}@example.com"}


async def _confirm_email(logins: Logins) -> Answer:
    return await Program(logins.here.app).send("POST", "/email-confirmations", {"token": logins.confirmation})


async def _confirm_email_again(logins: Logins, is_done: bool) -> None:
    assert (await _confirm_email(logins)).status == (404 if is_done else 204)


async def _ask_for_reset(logins: Logins) -> Answer:
    email = {"email": f"{logins.name}@example.com"}
    return await Program(logins.here.app).send("POST", "/password-resets", email)


async def _ask_for_reset_again(logins: Logins, is_done: bool) -> None:
    assert (await _ask_for_reset(logins)).status == 202
    assert len(await queued(logins.here.app)) == 1 + is_done


async def _reset_password(logins: Logins) -> Answer:
    fields = {"token": logins.reset, "password": NEW}
    return await Program(logins.here.app).send("POST", "/passwords", fields)


async def _log_in_by_reset_password(logins: Logins, is_done: bool) -> None:
    await _log_in_by_new_password(logins, is_done)
    assert (await _reset_password(logins)).status == (404 if is_done else 204)


async def _delete_account(logins: Logins) -> Answer:
    return await logins.here.send("DELETE", "/me", {"current_password": PASSWORD})


async def _delete_account_again(logins: Logins, _is_done: bool) -> None:
    # Other logins may have ended without it.
    assert (await _delete_account(logins)).status in (204, 401)
    assert (await _delete_account(logins)).status == 401
    assert await logins.log_in(logins.name) == 401


async def _end_others(logins: Logins) -> Answer:
    return await logins.here.send("DELETE", "/sessions")


async def _end_others_again(logins: Logins, _is_done: bool) -> None:
    assert (await _end_others(logins)).status == 204
    assert not await logins.elsewhere.is_in()


async def _log_out(logins: Logins) -> Answer:
    return await logins.here.send("DELETE", "/sessions/current")


async def _log_out_again(logins: Logins, is_done: bool) -> None:
    assert (await _log_out(logins)).status == (401 if is_done else 204)


async def _end_one(logins: Logins) -> Answer:
    return await logins.here.send("DELETE", f"/sessions/{logins.elsewhere_id}")


async def _end_one_again(logins: Logins, is_done: bool) -> None:
    assert (await _end_one(logins)).status == (404 if is_done else 204)


async def _end_this_one(logins: Logins) -> Answer:
    return await logins.elsewhere.send("DELETE", f"/sessions/{logins.elsewhere_id}")


async def _end_this_one_again(logins: Logins, is_done: bool) -> None:
    assert (await _end_this_one(logins)).status == (401 if is_done else 204)


async def _renew(logins: Logins) -> Answer:
    return await logins.by_token.send("POST", "/sessions/current/renewal")


async def _use_the_old_token(logins: Logins, is_done: bool) -> None:
    assert await logins.by_token.is_in() is not is_done


OPERATIONS = [
    Operation("register", _register, _log_in_as_registered),
    Operation("log_in", _log_in, _log_in_again),
    Operation("change_own_password", _change_password, _log_in_by_new_password),
    Operation("change_own_email", _change_email, _change_email_again),
    Operation("set_password_by_link", _reset_password, _log_in_by_reset_password, _get_reset),
    Operation("delete_account", _delete_account, _delete_account_again, _get_all),
    Operation("request_password_reset", _ask_for_reset, _ask_for_reset_again),
    Operation("send_email_confirmation", _send_confirmation, _send_confirmation_again),
    Operation("confirm_email_by_link", _confirm_email, _confirm_email_again, _get_confirmation),
    Operation("end_other_sessions", _end_others, _end_others_again),
    Operation("log_out", _log_out, _log_out_again),
    Operation("end_one_session", _end_one, _end_one_again),
    Operation("end_one_session", _end_this_one, _end_this_one_again),
    Operation("renew_token", _renew, _use_the_old_token, _get_token),
]
TAKE_PASSWORDS = OPERATIONS[:6]


async def log_in_twice(app: Application, operation: Operation) -> Logins:
    """A new user with two logins, and what else the operation needs; no mail is in the queue."""
    name = f"susan{next(_numbers)}"
    await add_new_user(app, name)
    await current_database.of(app).execute(delete(OutgoingMail))
    here, elsewhere = Program(app), Program(app)
    answers = [await program.log_in(username=name) for program in (here, elsewhere)]
    logins = Logins(name, here, elsewhere, answers[-1].json["session"]["id"], Program(app))
    if operation.prepare is not None:
        await operation.prepare(logins)
    return logins
