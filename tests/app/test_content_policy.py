"""The content security policy of every response, and how one page widens it."""

from __future__ import annotations

import pytest
from quart import abort, redirect
from quart.typing import ResponseReturnValue

from compat import login_required
from quart_app.application import Application
from quart_app.defences.content_policy import csp_update, policy_text
from tests.app.logged_in import log_in_as_new_user
from tests.app.visitor import Visitor


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: nothing here depends on the database."""
    return migrated_sqlite_url


def directives(policy: str) -> dict[str, str]:
    """The sources by directive."""
    return dict(directive.split(" ", 1) for directive in policy.split("; "))


def test_sources_are_added() -> None:
    """Sources are added to those of the base, take the place of 'none', and change no other directive."""
    base = directives(policy_text())
    wider = directives(policy_text({"script-src": "'self'", "img-src": "data: blob:", "frame-ancestors": "'self'"}))
    assert base["default-src"] == base["base-uri"] == base["frame-ancestors"] == "'none'"
    assert "script-src" not in base
    assert wider == {
        **base,
        "script-src": "'self'",
        "img-src": "'self' data: blob:",
        "frame-ancestors": "'self'",
    }


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("scripts-src", "'self'"),
        ("script_src", "'self'"),
        ("sandbox", "allow-scripts"),
        ("script-src", ""),
        ("script-src", " "),
        ("script-src", "'self'; default-src *"),
        ("script-src", "'self', *"),
        ("script-src", "'self'\r\nX: y"),
        ("img-src", "https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example"),
    ],
)
def test_what_browsers_would_ignore(name: str, sources: str) -> None:
    """A misspelt directive, or a value that ends it, is an error when the view is defined."""
    with pytest.raises(ValueError, match="'"):
        csp_update({name: sources})


async def test_only_the_page_itself(app: Application, visitor: Visitor) -> None:
    """What the view answers is widened, with its status; redirects to the login and error pages keep the base."""

    @app.get("/with-script/<what>")
    @login_required
    @csp_update({"script-src": "'self'"})
    async def view(what: str) -> ResponseReturnValue:
        if what == "error":
            abort(418)
        return redirect("/elsewhere") if what == "redirect" else ("wrong input", 400)

    async def policy(what: str) -> tuple[int, str | None]:
        page = await visitor.get(f"/with-script/{what}")
        return page.status, directives(page.headers["Content-Security-Policy"]).get("script-src")

    assert await policy("page") == (302, None)
    await log_in_as_new_user(visitor, remember=False)
    assert await policy("page") == (400, "'self'")
    assert await policy("error") == (418, None)
    assert (await visitor.get("/index")).headers["Content-Security-Policy"] == policy_text()
