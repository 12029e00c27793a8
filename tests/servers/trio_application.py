"""The application that Hypercorn's trio worker runs, with Quart-Trio."""

from __future__ import annotations

import trio
import trio.lowlevel
from quart import websocket
from quart_trio import QuartTrio

from compat import LoginManager, UserMixin, current_user, login_required, login_user

app = QuartTrio(__name__)
app.secret_key = "only for these tests"
login_manager = LoginManager(app)


class User(UserMixin):
    """The only user."""

    id = "susan"


@login_manager.user_loader
async def load_user(user_id: str) -> User | None:
    """Load the user without a database."""
    await trio.lowlevel.checkpoint()
    return User() if user_id == User.id else None


@app.post("/login")
async def login() -> str:
    """Log susan in."""
    return str(login_user(User(), remember=True))


@app.get("/members")
@login_required
async def members() -> str:
    """Answer with the name of the user."""
    return str(current_user.id)


@app.websocket("/socket")
@login_required
async def socket() -> None:
    """Send the name of the user."""
    await websocket.send(current_user.id)
