"""Login forms that can be sent again and again: one visitor's session, with the token of its forms, and many users."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from quart import session
from quart_wtf.utils import generate_csrf

from quart_app.application import Application

from .accounts import PASSWORD, account_name


async def write_login_forms(app: Application, visitor: Path, forms: Path, count: int) -> None:
    """Write the cookie of a visitor who has the login page open, and the forms to log in the first accounts.

    Arguments:
        app: configured as the one that will be asked.
        visitor: a file for the cookie.
        forms: a file for the bodies, a line each.
        count: of forms, each for another user.
    """
    async with app.test_request_context("/login"):
        token = generate_csrf()
        serializer = app.session_interface.get_signing_serializer(app)
        assert serializer is not None  # there is a key
        cookie = f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(dict(session))}"
    bodies = [
        urlencode({"csrf_token": token, "username": account_name(number), "password": PASSWORD})
        for number in range(1, count + 1)
    ]
    _write(visitor, [cookie])
    _write(forms, bodies)


def _write(file: Path, lines: Sequence[str]) -> None:
    file.write_text("".join(f"{line}\n" for line in lines))
