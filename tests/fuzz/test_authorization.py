"""Generated ``Authorization`` headers: only the issued token logs in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quart.testing import QuartClient

from quart_app.application import Application
from tests.app.program import Program
from tests.fuzz.budget import examples
from tests.fuzz.corpus import kept, tell
from tests.fuzz.odd import BYTES, EDITS, JSON, TEXT, edited
from tests.fuzz.sealing import is_same, payload_of, seal
from tests.fuzz.work import little_work

_SCHEMES = [
    "Bearer ",
    "bearer  ",
    "BEARER\t",
    "Basic ",
    "Digest ",
    "Bearer",
    "Token ",
    "",
    "Bearer Bearer ",
    "Basic dXNlcjo",
]
_texts = st.one_of(TEXT, BYTES)
#: As it is kept in the corpus: what is done, and with what.
_headers = st.one_of(
    st.tuples(st.just("raw"), st.tuples(st.sampled_from(_SCHEMES), _texts).map("".join)),
    st.tuples(st.just("sealed"), st.one_of(_texts, JSON)),
    st.tuples(st.just("edited"), EDITS),
).map(list)


async def check(app: Application, program: Program, case: list[Any]) -> None:
    """Check the responses of the API and of the pages."""
    how, what = case
    token = program.token or ""
    if how == "sealed":
        header = f"Bearer {seal(app, 'bearer', what)}"
    else:
        header = str(what) if how == "raw" else f"Bearer {edited(token, what)}"
    sent = header.encode("utf-8", "surrogatepass").translate(None, b"\r\n").decode("latin-1")
    if is_same(sent.partition(" ")[2].strip(), token):
        return
    stranger = QuartClient(app, use_cookies=False)
    for method, path in (("GET", "/api/v1/me"), ("DELETE", "/api/v1/sessions"), ("GET", "/index"), ("GET", "/login")):
        with little_work(len(sent)):
            answer = await stranger.open(path, method=method, headers={"Authorization": sent})
        assert answer.status_code in ((401,) if "api" in path else (200, 302)), path
        assert b"susan" not in await answer.get_data(as_text=False)


@pytest.fixture
async def sealed_program(app: Application, bearer_program: Program) -> Program:
    """A program whose token, signed by the tests' own function, is accepted."""
    assert await Program(app, seal(app, "bearer", payload_of(bearer_program.token or ""))).is_in()
    return bearer_program


@kept("authorization")
@examples(30)
@given(case=_headers)
async def test_authorization(app: Application, sealed_program: Program, case: list[Any]) -> None:
    """The API answers 401, pages ignore it, no error occurs, and the issued token stays valid."""
    tell(case)
    await check(app, sealed_program, case)
    assert await sealed_program.is_in()
