"""A forgotten password: asking for a link, and setting a new password by it, on the pages and by the API."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.mail_tokens import DURATION, delete_expired_tokens
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.mail_token import MailToken
from quart_app.models.outgoing_mail import MailKind
from quart_app.models.user import User
from tests.app.broken_database import broken
from tests.app.conftest import Clock
from tests.app.logged_in import add_new_user
from tests.app.mailbox import Mail, compose, queued, sent_mail, sent_mails
from tests.app.program import Program
from tests.app.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made

NEW = "another fine password"
SENT = "If there is an account with this address, a mail with a link is on its way."
SET = "Your new password has been set, and all logins have been ended. Please log in with it."


on_both = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, and PostgreSQL as well where they can differ: transactions that wait for each other, and constraints."""
    url: str = request.getfixturevalue(f"migrated_{getattr(request, 'param', 'sqlite')}_url")
    return url


@pytest.fixture
async def susan(visitor: Visitor) -> Visitor:
    """The browser of susan, who is not logged in and has read her mail."""
    await add_new_user(visitor.app)
    await sent_mails(visitor.app)
    return visitor


async def forget(visitor: Visitor, email: str = "susan@example.com", query: str = "") -> Mail:
    """Ask for a link on the page, and return the mail with it."""
    assert (await visitor.submit(f"/forgotten{query}", email=email)).status == 302
    return await sent_mail(visitor.app, MailKind.SET_PASSWORD)


async def user_of(app: Application, name: str = "susan") -> User:
    """The row of a user."""
    async with app.app_context():
        user = await user_by_login(name)
    assert user is not None
    return user


async def number_of_tokens(app: Application) -> int:
    """How many rows the table of tokens has."""
    async with app.app_context(), current_database.of(app).session() as session:
        return await session.scalar(select(func.count()).select_from(MailToken)) or 0


# --- asking


async def test_the_mail_is_sent_at_a_random_moment(susan: Visitor, app: Application) -> None:
    """Within three seconds, and not at once: what sending delays must not be the next requests of who has asked."""
    for email in ("susan@example.com", "nobody@example.com"):
        for _ in range(8):
            await susan.submit("/forgotten", email=email)
    times = [(mail.created_at, mail.next_attempt_at) for mail in await queued(app)]
    delays = [due - created for created, due in times if due is not None]
    assert all(timedelta() <= delay <= timedelta(seconds=3) for delay in delays)
    assert len(set(delays)) == len(delays) == 16


async def test_from_the_login_page(susan: Visitor) -> None:
    """The login page leads to the form; ``next`` is kept, outside the link, until the login after the new password."""
    page = await susan.get("/login?next=/account/email")
    assert '<a href="/forgotten?next=/account/email">Forgot your password?</a>' in page.text
    mail = await forget(susan, query="?next=/account/email")
    page = await susan.get("/login?next=/account/email")
    assert page.flashes == [SENT]
    assert mail.page == f"/password/new?token={mail.token}"

    page = await susan.get(mail.page)
    assert page.status == 200
    assert 'action="/password/new"' in page.text
    done = await susan.post(
        "/password/new", {"csrf_token": page.token, "token": mail.token, "password": NEW, "password2": NEW}
    )
    assert (done.status, done.location) == (302, "/login?next=/account/email")
    page = await susan.get(done.location)
    assert page.flashes == [SET]
    assert (await susan.login(password=NEW, path=done.location)).location == "/account/email"


@pytest.mark.parametrize("wanted", ["//evil.test", "https://evil.test/", "/\\evil.test"])
async def test_next_never_leaves_the_site(susan: Visitor, app: Application, wanted: str) -> None:
    """A ``next`` that is not a page of this site is not kept, and one in a table that was changed leads nowhere."""
    await forget(susan, query=f"?next={wanted}")
    await Program(app).send("POST", "/password-resets", {"email": "susan@example.com", "next": wanted})
    mail = await sent_mail(app, MailKind.SET_PASSWORD)
    async with app.app_context(), current_database.of(app).session() as session:
        assert set(await session.scalars(select(MailToken.next_url))) == {None}
        await session.execute(update(MailToken).values(next_url=wanted))
        await session.commit()
    done = await susan.submit(mail.page, password=NEW, password2=NEW, token=mail.token)
    assert (done.status, done.location) == (302, "/login")


@pytest.mark.parametrize("query", ["", "?next=/live"])
async def test_a_stranger_adds_nothing_to_a_link(susan: Visitor, query: str) -> None:
    """The mail has only the token, whatever page was asked for; and a page added to its link is not the one after."""
    mail = await forget(susan, query=query)
    assert mail.page == f"/password/new?token={mail.token}"
    page = await susan.get(f"{mail.page}&next=/you-have-won")
    assert "you-have-won" not in page.text
    fields = {"csrf_token": page.token, "token": mail.token, "password": NEW, "password2": NEW}
    done = await susan.post(f"{mail.page}&next=/you-have-won", fields)
    assert done.location == f"/login{query}"


async def test_only_the_address_of_the_account_is_written_to(app: Application, susan: Visitor) -> None:
    """A look-alike that has the same key is no other mailbox that a link is sent to."""
    mail = await forget(susan, "\N{LATIN SMALL LETTER LONG S}usan@example.com")
    assert mail.address == "susan@example.com"
    assert (await forget(susan, "SUSAN@example.com")).address == "susan@example.com"
    assert [mail.kind for mail in await sent_mails(app)] == []


async def test_nobody_else_is_written_to(app: Application, susan: Visitor) -> None:
    """Unknown addresses, usernames and closed accounts get no mail."""
    await susan.submit("/forgotten", email="nobody@example.com")
    assert (await susan.submit("/forgotten", email="susan")).errors == ["Invalid email address."]
    async with app.app_context():
        await deactivate_user(1)
    await susan.submit("/forgotten", email="susan@example.com")
    assert len(await queued(app)) == 2
    assert await sent_mails(app) == []
    assert await number_of_tokens(app) == 0


async def test_an_account_that_closes_meanwhile(app: Application, susan: Visitor) -> None:
    """A link to a closed account is invalid, also after it is opened again."""
    mail = await forget(susan)
    async with app.app_context():
        await deactivate_user(1)
    assert (await susan.get(mail.page)).status == 404
    assert await number_of_tokens(app) == 0


@on_both
async def test_few_mails_to_an_address(app: Application, susan: Visitor, clock: Clock) -> None:
    """An address is sent five mails while a link is valid, and then others; asking for more looks the same."""
    answers = {(await susan.submit("/forgotten", email="susan@example.com")).location for _ in range(7)}
    assert answers == {"/login"}
    assert len(await queued(app)) == 7
    sent = await sent_mails(app)
    assert len(sent) == 5
    assert (await susan.get(sent[-1].page)).status == 200  # so nobody can keep susan from it by asking in her name
    clock.shift(DURATION)
    assert (await forget(susan)).page


# --- setting the password


@on_both
async def test_set_a_new_password(susan: Visitor, app: Application) -> None:
    """A link sets it once: the old one is wrong, all logins end, the address is confirmed, and a notice is sent."""
    browser, program = Visitor(app), Program(app)
    await browser.login(remember=True)
    program.token = (await program.log_in(kind="bearer")).json["token"]
    mail, other = await forget(susan), await forget(susan)

    done = await susan.submit(mail.page, token=mail.token, password=NEW, password2=NEW)

    assert (done.status, done.location) == (302, "/login")
    assert not await susan.is_in()
    assert not await browser.is_in()
    assert not await program.is_in()
    for used in (mail, other):
        page = await susan.get(used.page)
        assert (page.status, '<a class="button" href="/forgotten">' in page.text) == (404, True)
    assert [(mail.kind, mail.address) for mail in await sent_mails(app)] == [
        (MailKind.PASSWORD_CHANGED, "susan@example.com")
    ]
    assert (await user_of(app)).email_confirmed_at is not None
    assert (await susan.login()).location == "/login"
    assert (await susan.login(password=NEW)).location == "/index"


@on_both
async def test_the_browser_is_logged_out(susan: Visitor, app: Application) -> None:
    """Whoever is logged in at the browser is logged out there, on the server as well; nothing planted is left."""
    await susan.register("joe", email="joe@example.com")
    await susan.login("joe", remember=True)
    joe, mail = susan.copy(), await forget(Visitor(app))
    async with susan.client.session_transaction() as session:
        session["cart"] = "mallory's"
    token = (await susan.get(mail.page)).token
    fields = {"token": mail.token, "password": NEW, "password2": NEW}

    done = await susan.post("/password/new", {"csrf_token": token, **fields})

    assert done.location == "/login"
    assert done.cookies["remember_token"].value == ""
    assert done.cookies["session"].value == ""
    assert not await joe.is_in()
    async with susan.client.session_transaction() as session:
        assert "cart" not in session
    assert (await susan.get("/login")).token != token


async def test_a_bad_password_keeps_the_link(susan: Visitor) -> None:
    """The form is shown again with what is wrong, and the link still works."""
    mail = await forget(susan)
    for fields, error in (
        ({"password": "short", "password2": "short"}, "Use at least 15 characters."),
        ({"password": NEW, "password2": PASSWORD}, "Field must be equal to password."),
        ({"password": "susansusansusan", "password2": "susansusansusan"}, "This is made of your name"),
    ):
        page = await susan.submit(mail.page, token=mail.token, **fields)
        assert page.status == 200
        assert page.errors[0].startswith(error)
        assert f'value="{mail.token}"' in page.text
    assert (await susan.submit(mail.page, token=mail.token, password=NEW, password2=NEW)).status == 302


async def test_a_form_without_its_token(susan: Visitor, app: Application) -> None:
    """Without the token of the form, or from another site, nothing is set."""
    mail = await forget(susan)
    fields = {"token": mail.token, "password": NEW, "password2": NEW}
    assert (await susan.post("/password/new", fields)).status == 403
    token = (await susan.get(mail.page)).token
    sent = await susan.post("/password/new", {"csrf_token": token, **fields}, {"Origin": "https://evil.test"})
    assert sent.status == 403
    assert (await Visitor(app).login()).location == "/index"


async def test_opening_the_link_changes_nothing(susan: Visitor) -> None:
    """Programs that look for malware open it, and then it still works."""
    mail = await forget(susan)
    for _ in range(3):
        assert (await susan.get(mail.page)).status == 200
    assert (await susan.client.head(mail.page)).status_code == 200
    assert (await susan.submit(mail.page, token=mail.token, password=NEW, password2=NEW)).status == 302


@on_both
async def test_two_at_once(susan: Visitor, app: Application) -> None:
    """Of two forms with one token, one sets its password, and the other finds the link invalid."""
    mail = await forget(susan)
    token = (await susan.get(mail.page)).token
    passwords = [f"{NEW} {number}" for number in range(4)]
    pages = await asyncio.gather(
        *(
            susan.copy().post(
                "/password/new", {"csrf_token": token, "token": mail.token, "password": new, "password2": new}
            )
            for new in passwords
        )
    )
    assert sorted(page.status for page in pages) == [302, 404, 404, 404]
    winner = passwords[[page.status for page in pages].index(302)]
    assert [(await Visitor(app).login(password=new)).location for new in passwords] == [
        "/index" if new == winner else "/login" for new in passwords
    ]


async def test_failed_attempts_are_forgotten(susan: Visitor, app: Application) -> None:
    """Who was locked out by guesses at the name or the address can log in with the new password."""
    for name in ("susan", "susan@example.com"):
        statuses = [(await susan.login(name, "wrong")).status for _ in range(11)]
        assert statuses[-1] == 429
    mail = await forget(susan)
    await susan.submit(mail.page, token=mail.token, password=NEW, password2=NEW)
    for name in ("susan", "susan@example.com"):
        assert (await Visitor(app).login(name, NEW)).location == "/index"


async def test_links_expire(susan: Visitor, app: Application, clock: Clock) -> None:
    """A link is valid for half an hour, and its row is removed by the sweep afterwards."""
    mail = await forget(susan)
    clock.shift(timedelta(minutes=29, seconds=59))
    assert (await susan.get(mail.page)).status == 200
    async with app.app_context():
        assert await delete_expired_tokens() == 0
    token = (await susan.get(mail.page)).token
    clock.shift(timedelta(seconds=1))
    assert (await susan.get(mail.page)).status == 404
    fields = {"csrf_token": token, "token": mail.token, "password": NEW, "password2": NEW}
    assert (await susan.post("/password/new", fields)).status == 404
    async with app.app_context():
        assert await delete_expired_tokens() == 2  # and the one to confirm the address
    assert await number_of_tokens(app) == 0


async def test_each_attempt_to_send_has_a_link_of_its_own(susan: Visitor, app: Application) -> None:
    """A mail that is sent again has another token, and the first one still works: that mail may have arrived."""
    await susan.submit("/forgotten", email="susan@example.com")
    (row,) = await queued(app)
    first, second = await compose(app, row.id), await compose(app, row.id)
    assert first is not None
    assert second is not None
    assert first.token != second.token
    for mail in (first, second):
        assert (await susan.get(mail.page)).status == 200


# --- what tells the token to others


async def test_headers_of_pages_with_a_token(susan: Visitor) -> None:
    """No request names the page with the token as its referrer, and no cache keeps it."""
    mail = await forget(susan)
    for page in (await susan.get(mail.page), await susan.get("/password/new?token=used")):
        assert page.headers["Referrer-Policy"] == "strict-origin"
        assert page.headers["Cache-Control"] == "no-store"
        assert not re.search(r'(?:href|src|action)="[^"]*token=', page.text)


@pytest.mark.parametrize("path", ["/password/new", "/account/email/confirm"])
async def test_headers_of_errors_with_a_token(visitor: Visitor, path: str) -> None:
    """Nor do error pages at the URL of a link: a button on them would tell the token as well."""
    url = f"{path}?token={'a' * 43}"
    pages = [await visitor.get(f"{path}/?token=a"), await visitor.get(f"/nowhere{url}"), await visitor.post(url, {})]
    with broken(OSError("connection refused")):
        pages.append(await visitor.get(url))
    assert [page.status for page in pages] == [404, 404, 403, 503]
    for page in pages:
        assert page.headers["Referrer-Policy"] == "strict-origin"
        assert page.headers["Cache-Control"] == "no-store"


async def test_the_log_has_no_token(susan: Visitor, app: Application, caplog: pytest.LogCaptureFixture) -> None:
    """No line has a token, whatever becomes of it: used, refused, wrong in form, or in a request that fails."""
    for logger in (None, "quart_app"):  # a command that another test has run sets the level of the second
        caplog.set_level(logging.DEBUG, logger)
    mail = await forget(susan)
    program = Program(app)
    for path in (mail.page, mail.page.replace("/password/new", "/nowhere"), mail.page.replace("?", "/?")):
        await susan.get(path)
    await susan.post("/password/new", {"token": mail.token})
    await program.send("POST", "/passwords", {"token": mail.token, "password": "short"})
    await program.send("POST", "/email-confirmations", {"token": mail.token})
    await susan.submit(mail.page, token=mail.token, password=NEW, password2=NEW)
    await susan.get(mail.page)
    assert "/password/new" in caplog.text
    assert mail.token not in caplog.text
    assert mail.token not in str([vars(record) for record in caplog.records])


# --- by the API


async def test_by_the_api(susan: Visitor, app: Application) -> None:
    """A program asks for the mail, and sets the password by its token; cookies and tokens of logins end."""
    program = Program(app)
    program.token = (await program.log_in(kind="bearer")).json["token"]
    asked = await Program(app).send("POST", "/password-resets", {"email": "susan@example.com", "next": "/live"})
    assert (asked.status, asked.text) == (202, "")
    mail = await sent_mail(app, MailKind.SET_PASSWORD)
    assert mail.page == f"/password/new?token={mail.token}"

    bad = await Program(app).send("POST", "/passwords", {"token": mail.token, "password": "susansusansusan"})
    assert (bad.status, bad.pointers) == (400, ["#/password"])
    done = await Program(app).send("POST", "/passwords", {"token": mail.token, "password": NEW})
    assert (done.status, done.text, done.cookies) == (204, "", {})
    again = await Program(app).send("POST", "/passwords", {"token": mail.token, "password": NEW})
    assert (again.status, again.problem) == (404, "link-invalid")

    assert not await program.is_in()
    program = Program(app)
    assert (await program.log_in()).status == 401
    assert (await program.log_in(password=NEW)).status == 201
    me = (await program.send("GET", "/me")).json
    assert me["email_confirmed"] is True
