"""Generated bodies of forms and of the API: in pieces, of other types, with other fields."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quart_app.application import Application
from tests.app.program import Program
from tests.app.visitor import Visitor
from tests.fuzz.budget import examples
from tests.fuzz.corpus import kept, tell
from tests.fuzz.odd import BYTES, EDITS, JSON, TEXT, edited
from tests.fuzz.work import little_work

_FORM, _PARTS, _JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"
_PAGES = ["/login", "/register", "/reauthenticate", "/account/password", "/account/email", "/account/delete", "/logout"]
_PAGES += ["/forgotten", "/password/new", "/account/email/confirm"]
_NAMES = [
    "username",
    "email",
    "password",
    "password2",
    "current_password",
    "new_password",
    "remember_me",
    "kind",
    "next",
    "token",
]
#: The operations that take a body, and some that do not. None ends the login that sends it without its password.
_OPERATIONS = [
    *("POST /users", "POST /sessions", "PUT /me/password", "PUT /me/email"),
    *("POST /password-resets", "POST /passwords", "POST /email-confirmations"),
    *("GET /me", "DELETE /me", "DELETE /sessions/0", "GET /nowhere"),
]

_fields = st.dictionaries(st.one_of(st.sampled_from(_NAMES), TEXT), TEXT, max_size=5)


def _urlencoded(fields: dict[str, str]) -> str:
    pairs = (f"{name}={value}" for name, value in fields.items())
    return "&".join(pairs).encode("utf-8", "surrogatepass").decode("latin-1")


def _multipart(fields: dict[str, str]) -> str:
    head = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = "".join(head.format(name, value) for name, value in fields.items())
    return (parts + "--x--\r\n").encode("utf-8", "surrogatepass").decode("latin-1")


_types = st.one_of(st.sampled_from([_FORM, _PARTS, f"{_FORM}; charset=utf-7", "multipart/form-data", ""]), TEXT)
#: As they are kept in the corpus: where to, the content type, and the body.
_forms = st.tuples(
    st.sampled_from(_PAGES),
    st.one_of(
        st.tuples(st.just(_FORM), _fields.map(_urlencoded)),
        st.tuples(st.just(_PARTS), _fields.map(_multipart)),
        st.tuples(st.just(_PARTS), st.builds(edited, _fields.map(_multipart), EDITS)),
        st.tuples(_types, st.one_of(BYTES, _fields.map(_urlencoded))),
    ),
).map(lambda made: [made[0], *made[1]])
_objects = st.dictionaries(st.one_of(st.sampled_from(_NAMES), TEXT), JSON, max_size=5).map(json.dumps)
_documents = st.tuples(
    st.sampled_from(_OPERATIONS),
    st.one_of(st.just(_JSON), _types),
    st.one_of(_objects, JSON.map(json.dumps), st.builds(edited, _objects, EDITS), BYTES),
).map(list)


def _bytes(text: str) -> bytes:
    """Text as bytes, one for each character (Latin-1), or else as UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _header(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").translate(None, b"\r\n\0").decode("latin-1")


@kept("forms")
@examples(30)
@given(case=_forms)
async def test_forms(app: Application, session_user: Visitor, case: list[Any]) -> None:
    """A form is shown again, refused or accepted, for visitors and users; it logs nobody in or out."""
    tell(case)
    path, kind, text = case
    body, stranger = _bytes(text), Visitor(app)
    for visitor in (session_user, stranger):
        token = (await visitor.get("/login" if visitor is stranger else "/account")).token
        sent = body + f"&csrf_token={token}".encode() if kind == _FORM else body
        headers = {"Content-Type": _header(kind), "X-CSRFToken": token, "User-Agent": visitor.agent}
        if path == "/logout" and visitor is session_user:
            continue  # which is what it would do
        with little_work(len(sent)):
            answer = await visitor.client.post(path, data=sent, headers=headers)
        assert answer.status_code < 500
    assert await session_user.is_in()
    assert not await stranger.is_in()


@kept("documents")
@examples(40)
@given(case=_documents)
async def test_documents(app: Application, bearer_program: Program, case: list[Any]) -> None:
    """The API answers as described, or with a problem below 500, for visitors and users."""
    tell(case)
    operation, kind, text = case
    method, path = operation.split(" ")
    for sender in (bearer_program, Program(app)):
        with little_work(len(text)):
            answer = await sender.send_bytes(method, path, _bytes(text), {"Content-Type": _header(kind)})
        assert answer.status < 500
        assert answer.status < 400 or answer.problem
    assert await bearer_program.is_in()
