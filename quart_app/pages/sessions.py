"""The buttons on the account page that end login sessions."""

from __future__ import annotations

from uuid import UUID

from quart import Blueprint, abort, flash, redirect, url_for
from quart.typing import ResponseReturnValue

from compat import login_required
from quart_app.accounts.login import current_login_session, current_user, end_login
from quart_app.sessions.ending import end_all_other_sessions, end_another_session

blueprint = Blueprint("sessions", __name__, url_prefix="/account/sessions")


@blueprint.post("/<uuid:session_id>/end")
@login_required
async def end(session_id: UUID) -> ResponseReturnValue:
    """End a login session of the current user. One of another user is not found (404)."""
    if session_id == current_login_session().public_id:
        await end_login()
        return redirect(url_for("pages.index"))
    if not await end_another_session(current_user, session_id):
        abort(404)
    await flash("That login has been ended.", "success")
    return redirect(url_for("account.overview"))


@blueprint.post("/end-others")
@login_required
async def end_others() -> ResponseReturnValue:
    """End all login sessions of the current user but this one."""
    ended = await end_all_other_sessions(current_user)
    await flash("All other logins have been ended." if ended else "There was no other login.", "success")
    return redirect(url_for("account.overview"))
