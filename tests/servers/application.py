"""The application that the other servers run: a login, a page, a websocket, and what it has seen."""

from __future__ import annotations

import asyncio
from typing import Any

from quart import Quart, redirect, request, url_for, websocket

from compat import LoginManager, UserMixin, current_user, login_required, login_user

app = Quart(__name__)
app.secret_key = "only for these tests"
login_manager = LoginManager(app)
login_manager.login_view = "login"
seen: list[str] = []


class User(UserMixin):
    """The only user."""

    id = "susan"


@login_manager.user_loader
async def load_user(user_id: str) -> User | None:
    """Load the user without a database."""
    return User() if user_id == User.id else None


@app.before_serving
async def note_start() -> None:
    """Note that the server has sent the event of its start."""
    seen.append("started")


@app.route("/login", methods=["GET", "POST"])
async def login() -> Any:
    """Log susan in."""
    if request.method == "GET":
        return "Who are you?"
    login_user(User(), remember=True)
    return redirect(url_for("members"))


@app.get("/members")
@login_required
async def members() -> str:
    """Answer with the name of the user."""
    return str(current_user.id)


@app.get("/seen")
async def show_seen() -> dict[str, Any]:
    """Answer with what was seen so far, and with the client's address and protocol."""
    return {"events": seen, "address": request.remote_addr, "protocol": request.http_version}


@app.get("/slow")
async def slow() -> str:
    """Wait until the client leaves."""
    seen.append("waiting")
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        seen.append("cancelled")
        raise
    return "nobody left"


@app.websocket("/socket")
@login_required
async def socket() -> None:
    """Send the name of the user."""
    await websocket.send(current_user.id)
