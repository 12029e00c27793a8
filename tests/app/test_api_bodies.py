"""Malformed and hostile bodies sent to the API."""

from __future__ import annotations

import gzip
import json
from itertools import product

import pytest

from quart_app.application import Application
from quart_app.errors.problems import FieldError
from tests.app.logged_in import add_new_user
from tests.app.program import CREDENTIALS, SUSAN, Program
from tests.app.visitor import PASSWORD

JSON = {"Content-Type": "application/json"}
OPERATIONS = [
    ("POST", "/users"),
    ("POST", "/sessions"),
    ("PUT", "/me/password"),
    ("PUT", "/me/email"),
    ("DELETE", "/me"),
]
GOOD = json.dumps(SUSAN).encode()


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: a body is checked before the database is asked."""
    return migrated_sqlite_url


@pytest.fixture
async def user(app: Application) -> Program:
    """Susan, logged in by cookies."""
    program = Program(app)
    await add_new_user(app)
    await program.log_in()
    return program


NO_OBJECTS = [
    b"",
    b" ",
    b"{",
    b"null",
    b"5",
    b"true",
    b'"text"',
    b"[]",
    b"[" * 60_000,
    b"[" * 30_000 + b"]" * 30_000,
    b'{"username":' * 5_000 + b"1" + b"}" * 5_000,
    b'{"username": ' + b"9" * 5_000 + b"}",
    b'{"username": NaN}',
    b'{"username": -Infinity}',
    b'{"username": "\xff"}',
    b'{"username": "\x00"}',
    GOOD.decode().encode("utf-16"),
    GOOD.decode().encode("utf-32"),
    b"\xef\xbb\xbf" + GOOD,
    b"\x00" * 10_000,
    b'{"username": "susan", "username": "mallory"}',
    b'{"password": "' + PASSWORD.encode() + b'", "password": "x"}',
    GOOD[:-1] + b',"more": {"a": 1, "a": 2}}',
    GOOD.replace(PASSWORD.encode(), rb"correct horse \ud800 battery"),
    GOOD.replace(b"susan", rb"\udfff\ud800"),
    GOOD[:-1] + rb',"\ud800": 1}',
    b"username=susan",
]


async def test_no_json_object(user: Program, subtests: pytest.Subtests) -> None:
    """A body that is not a JSON object in UTF-8 with unique names is 400, and is not repeated in the response."""
    for (method, path), (number, body) in product(OPERATIONS, enumerate(NO_OBJECTS)):
        with subtests.test(path=path, body=number):
            answer = await user.send_bytes(method, path, body, JSON)
            # Whether five thousand levels can be read at all depends on the stack that the interpreter allows.
            is_deep = body.startswith(b'{"username":{')
            assert answer.status == 400
            assert answer.problem in {"body-unreadable", "fields-invalid" if is_deep else "body-unreadable"}
            assert PASSWORD not in answer.text


ODD = [None, 5, 5.5, [], {}, True, ["susan"], {"$ne": ""}, 10**4000, 1e300, ""]


FIELDS: list[tuple[str, str, dict[str, str], str]] = [
    *(("POST", "/users", SUSAN, name) for name in SUSAN),
    *(("POST", "/sessions", {**CREDENTIALS, "kind": "session"}, name) for name in (*CREDENTIALS, "kind")),
    *(
        ("PUT", "/me/password", {"current_password": PASSWORD, "new_password": PASSWORD}, name)
        for name in ("current_password", "new_password")
    ),
    *(
        ("PUT", "/me/email", {"current_password": PASSWORD, "email": "other@example.com"}, name)
        for name in ("current_password", "email")
    ),
    ("DELETE", "/me", {"current_password": PASSWORD}, "current_password"),
]


async def test_odd_values(user: Program, subtests: pytest.Subtests) -> None:
    """A value of a wrong type, or no valid text, is 400, and the field is named."""
    for (method, path, content, name), (number, value) in product(FIELDS, enumerate(ODD)):
        with subtests.test(path=path, name=name, value=number):
            answer = await user.send(method, path, {**content, name: value})
            assert (answer.status, answer.problem, answer.pointers) == (400, "fields-invalid", [f"#/{name}"])
            assert PASSWORD not in answer.text


async def test_names_that_nobody_has(user: Program, subtests: pytest.Subtests) -> None:
    """A login with a name that no database can store is 401."""
    for value in ("\0", "su\0san", "x" * 120, "'; DROP TABLE users; --", "\N{SNOWMAN}", "\u202e"):
        with subtests.test(value=value):
            assert (await Program(user.app).log_in(username=value)).status == 401
            assert (await Program(user.app).log_in(password=value)).status == 401


async def test_missing_fields(user: Program, subtests: pytest.Subtests) -> None:
    """All missing fields are named at once."""
    for method, path in OPERATIONS:
        with subtests.test(path=path):
            answer = await user.send(method, path, {})
            assert answer.status == 400
            assert len(answer.pointers) >= (1 if method == "DELETE" else 2)
            assert {error["message"] for error in answer.json["errors"]} == {"Field required."}


OTHER_TYPES = [
    "text/plain",
    "text/plain; charset=application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json-patch+json",
    "text/json",
    "application",
    "",
]


async def test_no_form_is_read(user: Program, subtests: pytest.Subtests) -> None:
    """Every content type but JSON's is 415: cross-site forms can send the others."""
    for (method, path), kind in product(OPERATIONS, OTHER_TYPES):
        with subtests.test(path=path, kind=kind):
            answer = await user.send_bytes(method, path, GOOD, {"Content-Type": kind} if kind else {})
            assert (answer.status, answer.problem) == (415, "Unsupported Media Type")
            assert (await Program(user.app).log_in()).status == 201


async def test_parameters_of_the_type(user: Program) -> None:
    """A charset in the content type is ignored: JSON is UTF-8."""
    body = json.dumps(CREDENTIALS).encode()
    for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/json;charset=utf-16"):
        assert (await user.send_bytes("POST", "/sessions", body, {"Content-Type": kind})).status == 201


async def test_compressed_bodies(user: Program) -> None:
    """A compressed body is 415, and says so; "identity" is none."""
    body = json.dumps(CREDENTIALS).encode()
    answer = await user.send_bytes("POST", "/sessions", gzip.compress(body), {**JSON, "Content-Encoding": "gzip"})
    assert (answer.status, "Content-Encoding" in answer.json["detail"]) == (415, True)
    assert (await user.send_bytes("POST", "/sessions", body, {**JSON, "Content-Encoding": "Identity"})).status == 201


async def test_too_much(user: Program, subtests: pytest.Subtests) -> None:
    """A body of more than 64 KiB is refused unread."""
    for method, path in OPERATIONS:
        with subtests.test(path=path):
            answer = await user.send_bytes(method, path, b" " * (64 * 1024 + 1), JSON)
            assert (answer.status, answer.problem) == (413, "Request Entity Too Large")
            assert answer.json["detail"] == "Send 65536 bytes at most."


async def test_the_deepest_that_is_read(user: Program) -> None:
    """Deeply nested JSON in an ignored field is not an error."""
    deep: object = []
    for _ in range(100):
        deep = [deep]
    assert (await user.send("POST", "/sessions", {**CREDENTIALS, "extra": deep})).status == 201


def test_pointers_are_escaped() -> None:
    """Field names are escaped in JSON pointers (RFC 6901)."""
    assert FieldError.at(["a/b", 0, "m~n"], "").pointer == "#/a~1b/0/m~0n"
