"""The API: changing the email address, and deleting the account, with the password in the same request."""

from __future__ import annotations

import pytest

from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.models.outgoing_mail import MailKind
from tests.app.logged_in import add_new_user
from tests.app.mailbox import sent_mail
from tests.app.program import Answer, Program, with_token
from tests.app.visitor import PASSWORD, Visitor

NEW_ADDRESS = "anna@example.com"


@pytest.fixture(params=["session", "bearer"])
async def susan(request: pytest.FixtureRequest, app: Application) -> Program:
    """Susan, logged in by cookies or with a token."""
    program = Program(app)
    await add_new_user(app)
    program.token = (await program.log_in(kind=request.param)).json["token"]
    return program


async def change_email(program: Program, **changes: str) -> Answer:
    """Change the address."""
    return await program.send("PUT", "/me/email", {"current_password": PASSWORD, "email": NEW_ADDRESS, **changes})


async def delete_account(program: Program, password: str = PASSWORD) -> Answer:
    """Delete the account."""
    return await program.send("DELETE", "/me", {"current_password": password})


async def address_of(program: Program) -> str:
    """The address that the account has."""
    return str((await program.send("GET", "/me")).json["email"])


# --- the address


async def test_changing_the_address(susan: Program) -> None:
    """By the link that is sent to it. All logins go on with the cookies and tokens they have."""
    others = [susan.copy(), Program(susan.app), await with_token(susan.app)]
    await others[1].log_in()
    answer = await change_email(susan)
    assert (answer.status, answer.text, answer.cookies) == (202, "", {})
    assert await address_of(susan) == "susan@example.com"
    mail = await sent_mail(susan.app, MailKind.CONFIRM_ADDRESS)
    assert (await Program(susan.app).send("POST", "/email-confirmations", {"token": mail.token})).status == 204
    for program in (susan, *others):
        assert await address_of(program) == NEW_ADDRESS
    assert (await Program(susan.app).log_in(username=NEW_ADDRESS)).status == 201
    assert (await Program(susan.app).log_in(username="susan@example.com")).status == 401


async def test_changing_the_address_needs_the_password(susan: Program) -> None:
    """With a wrong password, or an address that nobody can have, nothing is changed."""
    answer = await change_email(susan, current_password="wrong")
    assert (answer.status, answer.problem) == (403, "password-wrong")
    answer = await change_email(susan, email="anna")
    assert (answer.status, answer.problem, answer.pointers) == (400, "fields-invalid", ["#/email"])
    assert await address_of(susan) == "susan@example.com"


async def test_the_address_of_another(susan: Program) -> None:
    """The address of another user, and one's own, get the answer of every other."""
    await Program(susan.app).register(username="anna", email=NEW_ADDRESS)
    for email in (NEW_ADDRESS.upper(), "Susan@example.com"):
        answer = await change_email(susan, email=email)
        assert (answer.status, answer.text) == (202, "")
    assert await address_of(susan) == "susan@example.com"


async def test_the_page_refuses_the_same_addresses(susan: Program) -> None:
    """The API refuses what the page refuses, with the same sentence."""
    visitor = Visitor(susan.app)
    await visitor.login()
    for address in ("anna", "anna@localhost", f"anna@{'x' * 300}.example.com", "anna\N{ZERO WIDTH SPACE}@example.com"):
        page = await visitor.submit("/account/email", current_password=PASSWORD, email=address)
        answer = await change_email(susan, email=address)
        assert [error["message"] for error in answer.json["errors"]] == page.errors


# --- the account


async def test_deleting_the_account(susan: Program) -> None:
    """The account and all its logins are gone, and its name can be registered again."""
    others = [susan.copy(), Program(susan.app), await with_token(susan.app)]
    await others[1].log_in(kind="remembered")
    answer = await delete_account(susan)
    assert (answer.status, answer.text) == (204, "")
    assert {name: cookie.value for name, cookie in answer.cookies.items()} == ({} if susan.token else {"session": ""})
    for program in (susan, *others):
        assert not await program.is_in()
    async with susan.app.app_context():
        assert await user_by_login("susan") is None
    assert (await Program(susan.app).register()).status == 201


@pytest.mark.parametrize("content", [None, {}, {"current_password": ""}, {"current_password": "wrong"}])
async def test_deleting_the_account_needs_the_password(susan: Program, content: object) -> None:
    """Without the password, or without a body, nothing is deleted."""
    answer = await susan.send("DELETE", "/me", content)
    assert answer.status == (403 if content == {"current_password": "wrong"} else 400)
    assert await susan.is_in()


# --- both


async def test_remembered_logins_confirm_first(app: Application) -> None:
    """A login that a remember cookie restored changes and deletes nothing, even with the password: as at the pages."""
    program = Program(app)
    await program.register()
    await program.log_in(kind="remembered")
    program.forget("session")
    for answer in (await change_email(program), await delete_account(program)):
        assert (answer.status, answer.problem) == (401, "login-stale")
    assert await address_of(program) == "susan@example.com"


async def test_guessing_the_password(susan: Program, app: Application) -> None:
    """Guesses count for this login, whichever operation they are for, and keep no other login from changing it."""
    limit = app.settings.login_attempts
    for number in range(limit):
        answer = await (change_email(susan, current_password="x") if number % 2 else delete_account(susan, "x"))
        assert answer.status == 403
    for answer in (await change_email(susan), await delete_account(susan)):
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) > 0
    assert (await change_email(await with_token(susan.app))).status == 202
