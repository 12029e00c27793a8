"""Who may use an operation, beyond what compat's decorators say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from quart import request

from compat import fresh_login_required, login_required
from quart_app.sessions.bearer import sent_bearer_token

View = Callable[..., Awaitable[Any]]


def fresh_cookies_or_token_required(view: View) -> View:
    """Let in users with a fresh login by cookies, or with a bearer token. The view must ask for the password.

    Cookies follow the rule of the pages. A token is never fresh, because no page renews it: there the password in the
    request is what proves that its user sent it.
    """
    with_cookies, with_token = fresh_login_required(view), login_required(view)

    @wraps(view)
    async def guarded(**arguments: Any) -> Any:
        # A token beside the cookies of a login never gets here: see ``blueprint``.
        guard = with_cookies if sent_bearer_token(request) is None else with_token
        return await guard(**arguments)

    return guarded
