"""A program on the client that openapi-python-client makes: the package ``microblog`` is generated."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from microblog import AuthenticatedClient, Client
from microblog.api.account import me, register
from microblog.api.sessions import log_in, log_out, show_sessions
from microblog.models import (
    Credentials,
    CredentialsKind,
    NewSession,
    ProblemDetails,
    Registration,
    SessionList,
    UserAccount,
)

PASSWORD = "a fine day for a walk"

if TYPE_CHECKING:  # a login without its password
    Credentials(username="susan")  # type: ignore[call-arg]


def name_of(problem: object) -> str:
    """The name of a problem type."""
    assert isinstance(problem, ProblemDetails)
    return problem.type_.partition("#")[2]


def main(server: str, username: str) -> None:
    """Register, log in, look, and log out."""
    anybody = Client(base_url=server)
    registration = Registration(email=f"{username}@example.com", password=PASSWORD, username=username)
    registered = register.sync(client=anybody, body=registration)
    assert isinstance(registered, UserAccount)
    kind = CredentialsKind.BEARER
    wrong = log_in.sync(client=anybody, body=Credentials(password="a wrong password", username=username, kind=kind))
    incomplete = log_in.sync(client=anybody, body=Credentials(password="", username=username, kind=kind))
    assert isinstance(incomplete, ProblemDetails)
    login = log_in.sync(client=anybody, body=Credentials(password=PASSWORD, username=username, kind=kind))
    assert isinstance(login, NewSession)
    assert login.token is not None

    user = AuthenticatedClient(base_url=server, token=login.token)
    current = me.sync(client=user)
    assert isinstance(current, UserAccount)
    page = show_sessions.sync(client=user, limit=10)
    assert isinstance(page, SessionList)
    logged_out = log_out.sync_detailed(client=user)
    ended = me.sync(client=user)

    print(
        json.dumps(
            {
                "registered": registered.username,
                "wrong": name_of(wrong),
                "incomplete": [field.pointer for field in incomplete.errors or ()],
                "me": current.email,
                "sessions": [session.kind for session in page.sessions],
                "loggedOut": logged_out.status_code,
                "ended": name_of(ended),
            }
        )
    )


main(*sys.argv[1:])
