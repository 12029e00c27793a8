"""Links in mails: asking for one tells nothing, one is used once and in time, and a new password logs nobody in."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from itertools import count
from random import sample
from statistics import quantiles
from time import perf_counter
from typing import NamedTuple

import pytest
from sqlalchemy import Engine, event, select

from quart_app.accounts.attempts import AttemptCounter
from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.mail_limit import MailLimit, current_mail_limit
from quart_app.accounts.mail_tokens import DURATION
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.mail_token import MailToken
from quart_app.models.outgoing_mail import MailKind
from tests.app.conftest import Clock
from tests.app.logged_in import add_new_user
from tests.app.mailbox import Mail, queued, sent_mail, sent_mails
from tests.app.program import Program
from tests.app.visitor import PASSWORD, Page, Visitor
from tests.checks.tally import Tally
from tests.checks.test_enumeration import anonymous

NEW = "another fine password"
ADDRESSES = ("susan@example.com", "SUSAN@example.com", "nobody@example.com", "closed@example.com", "full@example.com")


async def user_id(app: Application, name: str) -> int:
    """The id of a user."""
    async with app.app_context():
        user = await user_by_login(name)
    assert user is not None
    return user.id


@pytest.fixture
async def accounts(app: Application) -> None:
    """A normal account, a closed one, and one that was sent as many mails as it may be."""
    for name in ("susan", "closed", "full"):
        await add_new_user(app, name)
    number = await user_id(app, "closed")
    async with app.app_context():
        await deactivate_user(number)
    for _ in range(5):
        await ask_by_api(app, "full@example.com")
    await sent_mails(app)


async def ask(app: Application, email: str) -> Page:
    """Ask for a link on the page."""
    return await Visitor(app).submit("/forgotten?next=/account", email=email)


async def ask_by_api(app: Application, email: str) -> tuple[int, list[str], str]:
    """Ask for a link by the API; what is answered."""
    answer = await Program(app).send("POST", "/password-resets", {"email": email})
    return answer.status, sorted(answer.headers.keys()), answer.text


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are sent to the database in this block."""
    seen: list[str] = []

    def remember(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", remember)
    yield seen
    event.remove(Engine, "before_cursor_execute", remember)


@pytest.mark.check(39)
@pytest.mark.usefixtures("accounts")
@pytest.mark.quick
async def test_asking_for_a_link_tells_nothing(app: Application, tally: Tally) -> None:
    """Known, unknown, closed and throttled addresses get the same answer after the same statements."""
    pages, answers, sent = set(), set(), set()
    for address in ADDRESSES:
        with statements() as seen:
            status, names, location, text = anonymous(await ask(app, address))
        pages.add((status, tuple(names), location, text))
        sent.add(tuple(seen))
        with statements() as seen:
            status, names, text = await ask_by_api(app, address)
        answers.add((status, tuple(names), text))
        sent.add(tuple(seen))
        tally.count(len(pages) == len(answers) == len(sent) == 1, f"{address}: {pages} {answers} {sent}")
    flashes = set()
    for address in ADDRESSES:
        visitor = Visitor(app)
        await visitor.submit("/forgotten", email=address)
        flashes.add(tuple((await visitor.get("/login")).flashes))
    tally.count(len(flashes) == 1, flashes)
    written_to = {mail.address for mail in await sent_mails(app)}
    tally.count(written_to == {"susan@example.com"}, written_to)


@pytest.mark.check(39)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("accounts")
async def test_asking_for_a_link_takes_as_long(
    app: Application, caplog: pytest.LogCaptureFixture, tally: Tally
) -> None:
    """The lower quartiles of the times of three hundred requests each differ by at most five per cent."""
    caplog.set_level(logging.INFO)  # as in production, where each request has a line
    counter = AttemptCounter(current_database.of(app))
    limits = {address: MailLimit(counter, limit=10**6, window=DURATION) for address in ADDRESSES}
    limits["full@example.com"] = MailLimit(counter, limit=1, window=DURATION)
    seconds: dict[str, list[float]] = {address: [] for address in ADDRESSES}
    for _ in range(300):
        for address in sample(ADDRESSES, len(ADDRESSES)):
            current_mail_limit.add(app, limits[address])
            start = perf_counter()
            await ask_by_api(app, address)
            seconds[address].append(perf_counter() - start)
    usual = {address: quantiles(taken)[0] for address, taken in seconds.items()}
    spread = max(usual.values()) / min(usual.values()) - 1
    tally.count(spread <= 0.05, usual)
    tally.note(f"within {spread:.1%}")


# Statistics, on a machine that does nothing else.
test_asking_for_a_link_takes_as_long.__test__ = os.environ.get("CHECKS") == "full"  # type: ignore[attr-defined]


# --- what a link is worth

Use = Callable[[Application, object], Awaitable[int]]


async def set_password(app: Application, token: object) -> int:
    """Use a token to set a password; the status."""
    return (await Program(app).send("POST", "/passwords", {"token": token, "password": NEW})).status


async def confirm(app: Application, token: object) -> int:
    """Use a token to confirm an address; the status."""
    return (await Program(app).send("POST", "/email-confirmations", {"token": token})).status


class Links(NamedTuple):
    """A new user who is logged in, a link of each kind, by how it is used, and the one of the registration."""

    app: Application
    user: Visitor
    email: str
    mails: dict[Use, Mail]
    registration: Mail


_numbers = count()


async def new_links(app: Application) -> Links:
    """A new user with links."""
    name = f"susan{next(_numbers)}"
    user, email = Visitor(app), f"{name}@example.com"
    await user.register(name, email=email)
    registration = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    await user.login(name, remember=True)
    await user.submit("/account/email", email=f"new.{name}@example.com", current_password=PASSWORD)
    confirmation = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    await user.submit("/forgotten", email=email)
    reset = await sent_mail(app, MailKind.SET_PASSWORD)
    return Links(app, user, email, {set_password: reset, confirm: confirmation}, registration)


async def change_password(links: Links) -> None:
    """On the page."""
    fields = {"current_password": PASSWORD, "password": f"{NEW} 2", "password2": f"{NEW} 2"}
    assert (await links.user.submit("/account/password", **fields)).location == "/account"


async def change_address(links: Links) -> None:
    """By another link, to the same new address."""
    await links.user.submit("/account/email", email=links.mails[confirm].address, current_password=PASSWORD)
    assert await confirm(links.app, (await sent_mail(links.app, MailKind.CONFIRM_ADDRESS)).token) == 204


async def reset_password(links: Links) -> None:
    """By another link."""
    await links.user.submit("/forgotten", email=links.email)
    assert await set_password(links.app, (await sent_mail(links.app, MailKind.SET_PASSWORD)).token) == 204


async def delete_account(links: Links) -> None:
    """On the page."""
    assert (await links.user.submit("/account/delete", current_password=PASSWORD)).location == "/login"


@pytest.mark.check(40)
async def test_a_link_is_used_once(app: Application, tally: Tally) -> None:
    """Also if it is used several times at once, on the page and by the API; opening it uses nothing."""
    for use in (set_password, confirm, None):
        links = await new_links(app)
        mail, use = (links.registration, confirm) if use is None else (links.mails[use], use)
        page = await Visitor(app).get(mail.page)
        tally.count(page.status == 200, f"{use.__name__}: opened, {page.status}")
        statuses = sorted(await asyncio.gather(*(use(app, mail.token) for _ in range(5))))
        tally.count(statuses == [204] + 4 * [404], f"{use.__name__} at once: {statuses}")
        tally.count(await use(app, mail.token) == 404, f"{use.__name__} again")
        page = await Visitor(app).get(mail.page)
        tally.count(page.status == 404, f"{use.__name__}: opened again, {page.status}")


@pytest.mark.check(40)
@pytest.mark.quick
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_links_end(app: Application, clock: Clock, tally: Tally) -> None:
    """After half an hour, by a change of the password or the address, by another link, and with the account."""
    for end in (change_password, change_address, reset_password, delete_account):
        links = await new_links(app)
        await end(links)
        for use, mail in links.mails.items():
            tally.count(await use(app, mail.token) == 404, f"{use.__name__} after {end.__name__}")
    for seconds, expected in ((-1, 204), (0, 404)):
        for use in (confirm, set_password):
            links = await new_links(app)
            clock.shift(DURATION + timedelta(seconds=seconds))
            tally.count(
                await use(app, links.mails[use].token) == expected, f"{use.__name__}, {seconds} s after its end"
            )


@pytest.mark.check(40)
@pytest.mark.quick
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_stolen_table_opens_no_link(app: Application, tally: Tally) -> None:
    """Rows have hashes of the tokens, and mails in the queue have none."""
    links = await new_links(app)
    await links.user.submit("/forgotten", email=links.email)
    mails = {sha256(mail.token.encode()).hexdigest(): mail for mail in links.mails.values()}
    async with app.app_context(), current_database.of(app).session() as session:
        tokens = (await session.scalars(select(MailToken))).all()
    for row in [*tokens, *await queued(app)]:
        values = str(vars(row))
        for mail in mails.values():
            tally.count(mail.token not in values, f"{row}: {values}")
    tally.count(mails.keys() <= {row.token_hash for row in tokens}, tokens)


@pytest.mark.check(40)
@pytest.mark.quick
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_odd_tokens(app: Application, tally: Tally) -> None:
    """Tokens that were not sent are refused, whatever they look like, and use up nothing."""
    links = await new_links(app)
    for use, mail in links.mails.items():
        right = mail.token
        hashed = sha256(right.encode()).hexdigest()
        odd: list[object] = ["", " ", "0", "\0", "%00", right[:-1], f"{right} ", f"{right}\n", f"{right}=", right * 50]
        odd += ["\u212a" + right[1:], right.swapcase(), hashed, "A" * 43, f"' OR 1=1 --{right}", None, 1, True, [right]]
        for token in odd:
            status = await use(app, token)
            expected = 404 if isinstance(token, str) else 400
            tally.count(status == expected, f"{use.__name__} with {token!r}: {status}")
        page = await Visitor(app).get(mail.page)
        tally.count(page.status == 200, f"{use.__name__}: the right one, {page.status}")


# --- a new password


@pytest.mark.check(41)
@pytest.mark.quick
@pytest.mark.parametrize("by_api", [False, True])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_new_password_ends_all_logins(app: Application, tally: Tally, by_api: bool) -> None:
    """Every login and every other link of the user ends; nobody is logged in, and another's login there ends, too."""
    links = await new_links(app)
    name = links.email.partition("@")[0]
    remembered, script = links.user.copy("remember_token"), Program(app)
    script.token = (await script.log_in(username=name, kind="bearer")).json["token"]
    await links.user.submit("/forgotten", email=links.email)
    other = await sent_mail(app, MailKind.SET_PASSWORD)
    browser = Visitor(app)
    await browser.register("joe", email="joe@example.com")
    await browser.login("joe", remember=True)
    joe = browser.copy()
    mail = links.mails[set_password]

    if by_api:
        answer = await Program(app).send("POST", "/passwords", {"token": mail.token, "password": NEW})
        tally.count((answer.status, answer.cookies) == (204, {}), answer)
    else:
        page = await browser.get(mail.page)
        fields = {"csrf_token": page.token, "token": mail.token, "password": NEW, "password2": NEW}
        page = await browser.post("/password/new", fields)
        tally.count((page.status, page.location) == (302, "/login"), page)
        tally.count(not await browser.is_in(), "the browser with the link")
        tally.count(not await joe.is_in(), "a copy of the cookies of who was logged in there")

    for who, visitor in (("session", links.user), ("remembered", remembered)):
        tally.count(not await visitor.is_in(), who)
    tally.count(not await script.is_in(), "bearer token")
    for use, left in ((set_password, other), (confirm, links.mails[confirm])):
        tally.count(await use(app, left.token) == 404, f"another link: {use.__name__}")
    tally.count((await Visitor(app).login(name)).location == "/login", "the old password")
    tally.count((await Visitor(app).login(name, NEW)).location == "/index", "the new password")
    async with app.app_context():
        user = await user_by_login(name)
    tally.count(user is not None and user.email_confirmed_at is not None, "the address is confirmed")
    notices = [sent.kind for sent in await sent_mails(app) if sent.address == links.email]
    tally.count(notices == [MailKind.PASSWORD_CHANGED], notices)


@pytest.mark.check(41)
@pytest.mark.quick
async def test_a_login_under_way(app: Application, tally: Tally) -> None:
    """Of a login with the old password and a new password at the same time no login is left."""
    for number in range(3):
        links = await new_links(app)
        name, browser = links.email.partition("@")[0], Program(app)
        login, reset = await asyncio.gather(
            browser.log_in(username=name), set_password(app, links.mails[set_password].token)
        )
        tally.count(reset == 204, f"the new password, attempt {number}: {reset}")
        tally.count(login.status in {201, 401}, f"the login, attempt {number}: {login}")  # before, or after
        tally.count(not await browser.is_in(), f"attempt {number}")
