"""Cookie files: a line for each login, ready to be sent as a ``Cookie`` header.

    python -m benchmarks.load.cookies --count 1000 --to cookies.txt

reads the settings of the application from the environment, as the application does, logs in the first accounts of its
database (``quart --app quart_app seed`` makes some), and writes their cookies. A reader of the file can act as
these users, so use it with test databases only; it is readable by its owner alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence
from hashlib import sha512
from pathlib import Path

from sqlalchemy import URL, create_engine

from benchmarks.flask_twin.database import synchronous_url
from benchmarks.load.accounts import add_logins
from benchmarks.load.agent import AGENT
from benchmarks.load.forms import write_login_forms
from compat import encode_cookie
from quart_app.application import Application
from quart_app.clients import describe_client
from quart_app.factory import create_app

ADDRESS = "127.0.0.1"


def database_url(app: Application) -> URL:
    """The database of an application, by a synchronous driver."""
    file = URL.create("sqlite", database=str(Path(app.instance_path) / "microblog.sqlite3"))
    chosen = app.settings.database_url
    return synchronous_url(file.render_as_string() if chosen is None else chosen.get_secret_value())


def write_cookies(
    app: Application, file: Path, count: int, *, remembered: bool = False, address: str = ADDRESS
) -> None:
    """Log in so many users of the application, and write the cookies that they would have.

    Arguments:
        app: configured as the one that will be asked.
        file: where to write; a line is a ``Cookie`` header.
        count: of logins, each of another user.
        remembered: write remember cookies alone, as after the browser was closed.
        address: where the requests will come from.
    """
    engine = create_engine(database_url(app))
    client = describe_client(AGENT)
    handles = add_logins(engine, count, client=client, address=address, remembered=remembered)
    engine.dispose()
    lines = _remember_cookies(app, handles) if remembered else _session_cookies(app, handles, address)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.writelines(f"{line}\n" for line in lines)


def _session_cookies(app: Application, handles: Sequence[str], address: str) -> list[str]:
    serializer = app.session_interface.get_signing_serializer(app)
    assert serializer is not None  # there is a key
    name = app.config["SESSION_COOKIE_NAME"]
    # Flask-Login's identifier: bytes, as Python prints them.
    identifier = sha512(f"{address.encode()!r}|{AGENT.encode()!r}".encode()).hexdigest()
    # A browser that has seen a page has the token of its forms.
    shared = {"_fresh": True, "_id": identifier, "csrf_token": "0" * 40}
    return [f"{name}={serializer.dumps({**shared, '_user_id': handle})}" for handle in handles]


def _remember_cookies(app: Application, handles: Sequence[str]) -> list[str]:
    name = app.config["REMEMBER_COOKIE_NAME"]
    return [f"{name}={encode_cookie(handle, app.secret_key)}" for handle in handles]


def main() -> None:
    """Write a file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load.cookies", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="logins, each of another user (1000)")
    parser.add_argument("--to", type=Path, default=Path("cookies.txt"), help="the file to write (cookies.txt)")
    parser.add_argument("--remembered", action="store_true", help="remember cookies alone, as after a restart")
    parser.add_argument("--visitor", type=Path, help="a file to write the cookie of a visitor with a login form to")
    parser.add_argument("--forms", type=Path, help="a file to write the forms to that log in, sent by that visitor")
    parser.add_argument("--address", default=ADDRESS, help=f"where the requests will come from ({ADDRESS})")
    options = parser.parse_args()
    app = create_app()
    if options.visitor and options.forms:
        asyncio.run(write_login_forms(app, options.visitor, options.forms, options.count))
    write_cookies(app, options.to, options.count, remembered=options.remembered, address=options.address)
    print(f"{options.count} logins written to {options.to}")


if __name__ == "__main__":
    main()
