"""The home page."""

from __future__ import annotations

from quart import Blueprint, render_template

from compat import login_required

from .posts import EXAMPLES

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
@blueprint.get("/index")
@login_required
async def index() -> str:
    """Greet the user, and show the example posts."""
    return await render_template("pages/index.html", posts=EXAMPLES)
