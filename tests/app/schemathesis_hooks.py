"""Data that Schemathesis cannot generate: valid texts, and logins. Its command line loads this file."""

from __future__ import annotations

import os
import re
from functools import cache
from itertools import count, cycle
from typing import Any
from uuid import uuid4

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import AuthContext, Case, HookContext

API = os.environ["API_ADDRESS"]
AGENT = "Schemathesis"
PASSWORD = "a fine day for a walk"
CURSOR_LENGTH = 22
TIMEOUT = 60  # seconds for a response; long, because the machine may be busy with other things
KEY = re.compile(r"[!-~]{16,130}")

# JSON Schema has the formats of addresses and passwords, but neither the existing domains nor the refused passwords.
schemathesis.openapi.format("email", st.integers(0, 10**9).map(lambda number: f"user{number}@example.com"))
schemathesis.openapi.format("password", st.text(st.characters(codec="ascii"), min_size=16, max_size=64))

_numbers = count()
_kinds = cycle([True, False])


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: Any) -> None:
    """Replace what a schema cannot say: cursors that no page gave are refused, and keys are used once."""
    query: Any = case.query or {}
    if len(str(query.get("cursor", ""))) == CURSOR_LENGTH:
        del query["cursor"]
    headers: Any = case.headers or {}
    if KEY.fullmatch(str(headers.get("Idempotency-Key", ""))):
        headers["Idempotency-Key"] = str(uuid4())


def _log_in(kind: str) -> requests.Response:
    """The answer to the login of a new user."""
    name = f"case{next(_numbers)}"
    account = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    requests.post(f"{API}/users", json=account, timeout=TIMEOUT).raise_for_status()
    answer = requests.post(
        f"{API}/sessions",
        json={"username": name, "password": PASSWORD, "kind": kind},
        headers={"User-Agent": AGENT},
        timeout=TIMEOUT,
    )
    answer.raise_for_status()
    return answer


@cache
def _log_in_once() -> requests.Response:
    """The answer to the login of the user that all cases share which change nothing of it."""
    return _log_in("bearer")


def _needs_a_user_of_its_own(case: Case[Any]) -> bool:
    """Whether the case may log out, end sessions, or change the account."""
    operation = case.operation
    is_for_users = bool(operation.definition.raw.get("security"))
    return is_for_users and operation.method != "get" and case.method.lower() == operation.method


@schemathesis.auth(refresh_interval=None)
class NewUser:
    """A user for each test case that changes something of it; registering and logging in takes longer than most."""

    def get(self, case: Case[Any], _context: AuthContext) -> requests.Response:
        """Log in, with the credentials that the operation takes."""
        if not _needs_a_user_of_its_own(case):
            answer = _log_in_once()
            token = {"Authorization": f"Bearer {answer.json()['token']}"}
            requests.get(f"{API}/me", headers=token, timeout=TIMEOUT).raise_for_status()  # still logged in
            return answer
        is_by_cookie = case.operation.path.endswith("/me/password") and next(_kinds)
        return _log_in("session" if is_by_cookie else "bearer")

    def set(self, case: Case[Any], data: requests.Response, _context: AuthContext) -> None:
        """Send the credentials."""
        token: Any = data.json()["token"]
        if token is None:
            case.cookies = {**(case.cookies or {}), **data.cookies.get_dict()}
            case.headers["User-Agent"] = AGENT  # to a client that looks like another one, a login is not fresh
        else:
            case.headers["Authorization"] = f"Bearer {token}"
