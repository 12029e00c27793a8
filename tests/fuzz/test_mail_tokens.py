"""Generated tokens in links of mails: only those that were sent are accepted, each for its own purpose."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_app.application import Application
from quart_app.models.outgoing_mail import MailKind
from tests.app.mailbox import sent_mails
from tests.app.program import Program
from tests.app.visitor import PASSWORD, Visitor
from tests.fuzz.budget import examples
from tests.fuzz.corpus import kept, tell
from tests.fuzz.odd import BYTES, EDITS, TEXT, edited
from tests.fuzz.work import little_work

#: As it is kept in the corpus: what is done, and with what.
_tokens = st.one_of(
    st.tuples(st.just("raw"), st.one_of(TEXT, BYTES, st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True))),
    st.tuples(st.just("edited"), EDITS),
).map(list)


@pytest.fixture
async def tokens(app: Application, visitor: Visitor) -> dict[MailKind, str]:
    """A token of each kind, by the kind of its mail."""
    await visitor.register()
    await visitor.submit("/forgotten", email="susan@example.com")
    return {mail.kind: mail.token for mail in await sent_mails(app)}


@kept("mail_tokens")
@examples(30)
@given(case=_tokens)
async def test_tokens(app: Application, visitor: Visitor, tokens: dict[MailKind, str], case: list[Any]) -> None:
    """Others are answered 404, by pages and API, and no error occurs; those that were sent stay valid."""
    tell(case)
    how, what = case
    program = Program(app)
    for kind, (page, path) in {
        MailKind.SET_PASSWORD: ("/password/new", "/passwords"),
        MailKind.CONFIRM_ADDRESS: ("/account/email/confirm", "/email-confirmations"),
    }.items():
        right = tokens[kind]
        token = str(what) if how == "raw" else edited(right, what)
        if token == right:
            continue
        with little_work(len(token)):
            answer = await program.send("POST", path, {"token": token, "password": PASSWORD})
        assert answer.status in (400, 404)
        sent = quote(token.encode("utf-8", "surrogatepass"))
        with little_work(len(token)):
            shown = await visitor.get(f"{page}?token={sent}")
        assert shown.status == 404
        assert (await visitor.get(f"{page}?token={right}")).status == 200
