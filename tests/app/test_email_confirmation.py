"""The address of an account is confirmed, and changed, by a link in a mail to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.mail_tokens import DURATION
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.models.outgoing_mail import MailKind
from tests.app.conftest import Clock
from tests.app.mailbox import Mail, compose, queued, sent_mail, sent_mails
from tests.app.program import Program, browser_of
from tests.app.visitor import PASSWORD, Page, Visitor

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made

OLD, NEW = "susan@example.com", "Susan@Elsewhere.example"
NEW_PASSWORD = "another fine password"


on_both = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, and PostgreSQL as well where they can differ: transactions that wait for each other, and constraints."""
    url: str = request.getfixturevalue(f"migrated_{getattr(request, 'param', 'sqlite')}_url")
    return url


async def use(visitor: Visitor, mail: Mail) -> Page:
    """Press the button on the page that a mail links to."""
    return await visitor.submit(mail.page, token=mail.token)


async def ask_for(user: Visitor, email: str) -> Page:
    """Ask for another address on the page."""
    return await user.submit("/account/email", email=email, current_password=PASSWORD)


async def is_confirmed(user: Visitor) -> bool:
    """What the API says of the address."""
    confirmed: bool = (await browser_of(user).send("GET", "/me")).json["email_confirmed"]
    return confirmed


# --- a new account


@pytest.mark.parametrize("by_api", [False, True])
async def test_a_new_account_confirms_its_address(app: Application, visitor: Visitor, by_api: bool) -> None:
    """Registering sends a link. Until it is used the account page says so, and its user can log in all the same."""
    if by_api:
        assert (await Program(app).register()).json["email_confirmed"] is False
    else:
        await visitor.register()
    (mail,) = await sent_mails(app)
    assert (mail.kind, mail.address) == (MailKind.CONFIRM_ADDRESS, OLD)
    await visitor.login()
    page = await visitor.get("/account")
    assert "<dd>Not yet</dd>" in page.text
    assert "Send the mail again" in page.text

    done = await use(visitor, mail)

    assert (done.status, done.location) == (302, "/account")
    page = await visitor.get("/account")
    assert page.flashes == ["Your email address has been confirmed."]
    assert "<dd>Not yet</dd>" not in page.text
    assert "Send the mail again" not in page.text
    assert await is_confirmed(visitor)


async def test_in_another_browser(user: Visitor, app: Application) -> None:
    """The link works where nobody is logged in, and logs nobody in; nor does it end a login, or use another's."""
    mail = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    stranger, joe = Visitor(app), Visitor(app)
    await joe.register("joe", email="joe@example.com")
    await joe.login("joe")
    assert (await stranger.get(mail.page)).status == 200
    assert not await is_confirmed(user)
    assert (await use(stranger, mail)).location == "/login"
    assert not await stranger.is_in()
    assert await user.is_in()
    assert await is_confirmed(user)
    assert not await is_confirmed(joe)
    for page in (await joe.get(mail.page), await stranger.get("/account/email/confirm")):
        assert page.status == 404
        assert '<a class="button" href="/account">' in page.text


async def test_by_the_api(user: Visitor, app: Application) -> None:
    """A program confirms by the token, once, and without a login."""
    mail, program = await sent_mail(app, MailKind.CONFIRM_ADDRESS), Program(app)
    done = await program.send("POST", "/email-confirmations", {"token": mail.token})
    assert (done.status, done.cookies) == (204, {})
    assert await is_confirmed(user)
    again = await program.send("POST", "/email-confirmations", {"token": mail.token})
    assert (again.status, again.problem) == (404, "link-invalid")


async def test_send_it_again(user: Visitor, app: Application, clock: Clock) -> None:
    """The button sends it again, five times in half an hour, and says when there is nothing to confirm."""
    await sent_mails(app)
    token = (await user.get("/account")).token
    for _ in range(3):
        page = await user.post("/account/email/send-again", {"csrf_token": token})
        assert (page.status, page.location) == (302, "/account")
    assert f"A mail with a link is on its way to {OLD}." in (await user.get("/account")).flashes
    answers = [await browser_of(user).send("POST", "/me/email-confirmation") for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 429]
    answer = answers[-1]
    assert answer.problem == "mails-used-up"
    assert int(answer.headers["Retry-After"]) == DURATION.total_seconds()
    assert (await user.post("/account/email/send-again", {"csrf_token": token})).status == 429
    assert (await ask_for(user, NEW)).status == 429
    mails = await sent_mails(app)
    assert [mail.address for mail in mails] == [OLD] * 5
    await use(user, mails[0])
    clock.shift(DURATION)
    await user.post("/account/email/send-again", {"csrf_token": token})
    assert "Your email address is confirmed already." in (await user.get("/account")).flashes
    assert await queued(app) == []


async def test_strangers_send_nothing(app: Application, visitor: Visitor) -> None:
    """It takes a login, and a form of this site."""
    await visitor.register()
    token = (await visitor.get("/login")).token
    assert (await visitor.post("/account/email/send-again", {"csrf_token": token})).location.startswith("/login")
    await visitor.login()
    assert (await visitor.post("/account/email/send-again", {})).status == 403
    assert len(await queued(app)) == 1


# --- another address


@on_both
async def test_change_the_address(user: Visitor, app: Application) -> None:
    """The new address is sent a link. Using it changes the address, keeps all logins, and tells the old address."""
    await sent_mails(app)
    done = await ask_for(user, NEW)
    assert (done.status, done.location) == (302, "/account")
    page = await user.get("/account")
    assert page.flashes == [f"A mail with a link is on its way to {NEW}. Open the link to confirm."]
    assert f"<dd>{OLD}</dd>" in page.text
    assert f"<dd>{NEW}, not confirmed yet</dd>" in page.text
    (mail,) = await sent_mails(app)
    assert (mail.kind, mail.address) == (MailKind.CONFIRM_ADDRESS, NEW)
    assert f"<dd>{NEW}, not confirmed yet</dd>" in (await user.get("/account")).text
    assert (await Visitor(app).login(OLD)).location == "/index"

    assert (await use(Visitor(app), mail)).location == "/login"

    assert [(mail.kind, mail.address) for mail in await sent_mails(app)] == [(MailKind.ADDRESS_CHANGED, OLD)]
    page = await user.get("/account")
    assert f"<dd>{NEW}</dd>" in page.text
    assert "not confirmed yet" not in page.text
    assert await is_confirmed(user)
    assert (await Visitor(app).login(OLD)).location == "/login"
    assert (await Visitor(app).login("susan@elsewhere.EXAMPLE")).location == "/index"


@on_both
async def test_the_last_one_counts(user: Visitor, app: Application) -> None:
    """Asking for another address ends the links to the one before, but not those to the address of the account."""
    mine = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    await ask_for(user, "first@example.com")
    first = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    await ask_for(user, "second@example.com")  # whose mail is still in the queue
    await ask_for(user, "third@example.com")
    assert [row.address for row in await queued(app)] == ["third@example.com"]
    third = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    assert (await user.get(first.page)).status == 404
    assert (await user.get(mine.page)).status == 200
    assert (await use(user, third)).status == 302
    assert (await user.get(mine.page)).status == 404
    assert "<dd>third@example.com</dd>" in (await user.get("/account")).text


async def test_it_is_sent_again_to_the_address_that_is_asked_for(user: Visitor, app: Application) -> None:
    """While a change is pending, that is what the button is about; afterwards it is the address of the account."""
    await ask_for(user, NEW)
    await sent_mails(app)
    await browser_of(user).send("POST", "/me/email-confirmation")
    (mail,) = await sent_mails(app)
    assert mail.address == NEW
    async with app.app_context():
        await _change_password(user)
    await browser_of(user).send("POST", "/me/email-confirmation")
    assert [mail.address for mail in await sent_mails(app)] == [OLD, OLD]  # a notice, and the link


async def test_the_own_address_in_another_case(user: Visitor, app: Application) -> None:
    """It is confirmed and stored as it was entered last; no address has to be told."""
    await ask_for(user, "SUSAN@example.com")
    mail = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    assert (await use(user, mail)).status == 302
    assert "<dd>SUSAN@example.com</dd>" in (await user.get("/account")).text
    assert await sent_mails(app) == []


@pytest.mark.parametrize("email", ["susan@stra\u00dfe.example", "\u017fusan@strasse.example"])
async def test_a_look_alike_of_the_own_address(app: Application, visitor: Visitor, email: str) -> None:
    """It may be the mailbox of somebody else, although it logs in to the same account: the old address is told."""
    await visitor.register(email="susan@strasse.example")
    await visitor.login()
    await sent_mails(app)
    await ask_for(visitor, email)
    await use(visitor, await sent_mail(app, MailKind.CONFIRM_ADDRESS))
    mails = [(mail.kind, mail.address) for mail in await sent_mails(app)]
    assert mails == [(MailKind.ADDRESS_CHANGED, "susan@strasse.example")]


@on_both
async def test_the_address_of_another_account(user: Visitor, app: Application) -> None:
    """Asking for it looks the same, and nothing is sent to it. If it was taken meanwhile, the link says so."""
    await Visitor(app).register("bob", email="bob@example.com")
    await sent_mails(app)
    taken, free = await ask_for(user, "BOB@example.com"), await ask_for(user, NEW)
    assert (taken.status, taken.location) == (free.status, free.location)
    await ask_for(user, "BOB@example.com")
    answer = await browser_of(user).send("PUT", "/me/email", {"email": "bob@example.com", "current_password": PASSWORD})
    assert (answer.status, answer.text) == (202, "")
    assert await sent_mails(app) == []
    assert "<dd>bob@example.com, not confirmed yet</dd>" in (await user.get("/account")).text

    await ask_for(user, NEW)
    mail = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    assert f"<dd>{NEW}, not confirmed yet</dd>" in (await user.get("/account")).text
    await Visitor(app).register("ann", email=NEW)
    page = await use(user, mail)
    assert (page.status, "Address Taken" in page.text) == (409, True)
    answer = await Program(app).send("POST", "/email-confirmations", {"token": mail.token})
    assert (answer.status, answer.problem) == (409, "name-taken")
    assert f"<dd>{OLD}</dd>" in (await user.get("/account")).text


@on_both
async def test_two_accounts_ask_for_one_address(user: Visitor, app: Application) -> None:
    """The first link that is used decides, also if both are used at once."""
    joe = Visitor(app)
    await joe.register("joe", email="joe@example.com")
    await joe.login("joe")
    for visitor in (user, joe):
        await ask_for(visitor, NEW)
    mails = [mail for mail in await sent_mails(app) if mail.address == NEW]
    program = Program(app)
    answers = await asyncio.gather(
        *(program.send("POST", "/email-confirmations", {"token": mail.token}) for mail in mails)
    )
    assert sorted(answer.status for answer in answers) == [204, 409]


@on_both
async def test_one_link_at_once(user: Visitor, app: Application) -> None:
    """Of concurrent uses of one link one changes the address, and one notice is sent."""
    await ask_for(user, NEW)
    mail = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    program = Program(app)
    uses = (program.send("POST", "/email-confirmations", {"token": mail.token}) for _ in range(4))
    assert sorted(answer.status for answer in await asyncio.gather(*uses)) == [204, 404, 404, 404]
    assert len(await sent_mails(app)) == 1


# --- what ends links


async def _change_password(user: Visitor) -> None:
    fields = {"current_password": PASSWORD, "password": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert (await user.submit("/account/password", **fields)).location == "/account"


@on_both
@pytest.mark.parametrize("moment", ["queued", "composing", "sent"])
async def test_a_new_password_ends_a_change_of_address(user: Visitor, app: Application, moment: str) -> None:
    """Who had the old password and asked for another address does not get it, wherever the mail is."""
    await sent_mails(app)
    await ask_for(user, "thief@example.com")
    (row,) = await queued(app)
    mail = await compose(app, row.id) if moment == "sent" else None
    if moment == "composing":
        results = await asyncio.gather(_change_password(user), compose(app, row.id))
        mail = results[1]
    else:
        await _change_password(user)
    if mail is not None:
        assert (await user.get(mail.page)).status == 404
    assert [mail.kind for mail in await sent_mails(app)] == [MailKind.PASSWORD_CHANGED]
    assert "thief@example.com" not in (await user.get("/account")).text


async def test_a_closed_account_confirms_nothing(user: Visitor, app: Application) -> None:
    """Closing an account ends its links, those of mails in the queue as well."""
    mail = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    await ask_for(user, NEW)
    async with app.app_context():
        await deactivate_user(1)
    assert (await Visitor(app).get(mail.page)).status == 404
    assert await sent_mails(app) == []


@on_both
async def test_a_deleted_account_leaves_nothing(user: Visitor, app: Application) -> None:
    """Its links and its mails in the queue are deleted with it."""
    mail = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    await ask_for(user, NEW)
    await user.submit("/account/delete", current_password=PASSWORD)
    assert await queued(app) == []
    assert (await user.get(mail.page)).status == 404


async def _change_address(user: Visitor) -> None:
    await ask_for(user, NEW)
    assert (await use(user, await sent_mail(user.app, MailKind.CONFIRM_ADDRESS))).location == "/account"


async def _reset_password(user: Visitor) -> None:
    await user.submit("/forgotten", email=OLD)
    link = await sent_mail(user.app, MailKind.SET_PASSWORD)
    fields = {"token": link.token, "password": NEW_PASSWORD}
    assert (await Program(user.app).send("POST", "/passwords", fields)).status == 204
    assert (await user.login(password=NEW_PASSWORD)).location == "/index"


@pytest.mark.parametrize(
    ("change", "password", "notice"),
    [
        (_change_address, PASSWORD, MailKind.ADDRESS_CHANGED),
        (_change_password, NEW_PASSWORD, MailKind.PASSWORD_CHANGED),
        (_reset_password, NEW_PASSWORD, MailKind.PASSWORD_CHANGED),
    ],
)
async def test_a_notice_outlives_the_account(
    user: Visitor, app: Application, change: Callable[[Visitor], Awaitable[None]], password: str, notice: MailKind
) -> None:
    """A thief who changes an account and deletes it at once does not stop the warning of its owner."""
    await sent_mails(app)
    await change(user)
    assert (await user.submit("/account/delete", current_password=password)).location == "/login"
    assert [(mail.kind, mail.address) for mail in await sent_mails(app)] == [(notice, OLD)]


async def test_links_expire(user: Visitor, app: Application, clock: Clock) -> None:
    """A change is pending for as long as its link is valid: half an hour."""
    await ask_for(user, NEW)
    mail = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    clock.shift(DURATION - timedelta(seconds=1))
    assert "not confirmed yet" in (await user.get("/account")).text
    clock.shift(timedelta(seconds=1))
    assert "not confirmed yet" not in (await user.get("/account")).text
    assert (await user.get(mail.page)).status == 404


async def test_markup_in_addresses_is_escaped(user: Visitor, app: Application) -> None:
    """An address is escaped wherever a page shows it."""
    await ask_for(user, "a&b@example.com")
    mail = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    for path in ("/account", mail.page):
        text = (await user.get(path)).text
        assert "a&amp;b@example.com" in text
        assert "a&b" not in text


async def test_a_link_for_another_purpose(user: Visitor, app: Application) -> None:
    """A token that confirms an address sets no password, and the other way round; neither logs in."""
    confirmation = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    await user.submit("/forgotten", email=OLD)
    reset = await sent_mail(app, MailKind.SET_PASSWORD)
    program = Program(app)
    for mail, path in ((confirmation, "/passwords"), (reset, "/email-confirmations")):
        answer = await program.send("POST", path, {"token": mail.token, "password": NEW_PASSWORD})
        assert (answer.status, answer.problem) == (404, "link-invalid")
        bearer = Program(app, mail.token)
        assert not await bearer.is_in()
    async with app.app_context():
        susan = await user_by_login("susan")
    assert susan is not None
    assert susan.email_confirmed_at is None
