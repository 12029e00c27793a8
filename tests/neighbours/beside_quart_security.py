"""A program: a user of ``compat`` in an application that has quart-security as well. Prints the status of each page."""

import asyncio
from typing import Any

from quart import Quart
from quart_security import Security

from compat import LoginClient, LoginManager, UserMixin, login_required


class User(UserMixin):
    id = "susan"


class Store:
    """Datastore and state store of quart-security: it knows the user, and has begun no session."""

    async def nothing(self, *args: Any, **kwargs: Any) -> None:
        """No session, no row."""

    put = get = pop = claim = rotate_uniquifier = record_auth_failure = replace_recovery_codes = commit = close = (
        nothing
    )

    async def find_user(self, **kwargs: Any) -> User:
        """Everybody is susan."""
        return User()


app = Quart("both")
app.secret_key = "only for this test, and long enough for all of them"
app.config["SECURITY_COOKIE_SECURE"] = False
login_manager = LoginManager[User](app)


@login_manager.user_loader
async def load(user_id: str) -> User:
    """Susan again."""
    return User()


@app.get("/")
@login_required
async def index() -> str:
    """For users."""
    return "In."


async def main() -> None:
    """Visit the page twice, alone and with quart-security."""
    client = LoginClient(app, user=User())
    alone = [(await client.get("/")).status_code for _ in range(2)]
    Security(app, Store(), state_store=Store())
    beside = [(await client.get("/")).status_code for _ in range(2)]
    print(*alone, *beside)


asyncio.run(main())
