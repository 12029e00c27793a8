"""Who may use an operation: decorators beside those of ``compat``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from werkzeug.exceptions import Forbidden

from compat import fresh_login_required, login_required
from quart_app.accounts.login import current_login_session, current_user

View = Callable[..., Awaitable[Any]]


def fresh_login_or_token_required(view: View) -> View:
    """For views that check the current password in their body: a fresh login by cookies, or a bearer token.

    A token is never fresh, because nobody enters a password with it. Whoever has the password as well could log in.
    """
    for_cookies: View = fresh_login_required(view)

    @wraps(view)
    async def guarded(**arguments: Any) -> Any:
        if current_user.is_authenticated and current_login_session().is_bearer:
            return await view(**arguments)
        return await for_cookies(**arguments)

    return guarded


def token_required(view: View) -> View:
    """For views that concern the bearer token of the request: 403 for a login by cookies."""

    @wraps(view)
    async def guarded(**arguments: Any) -> Any:
        if not current_login_session().is_bearer:
            raise Forbidden("This is for bearer tokens. The cookies of a login are renewed by logging in again.")
        return await view(**arguments)

    for_users: View = login_required(guarded)
    return for_users
