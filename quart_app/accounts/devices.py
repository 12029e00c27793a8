"""Browsers that a user has logged in with before: an attacker who guesses passwords cannot lock the user out there.

These are OWASP's device cookies: attempts with such a cookie have a count of their own (see ``throttle``). The cookie
logs nobody in, so it outlives the login. Each time the user has entered the right password, the browser gets a new
one with another id: whoever has stolen the old one uses up the attempts of the old id, and not those of the browser.

No table lists the ids. A cookie is signed with the user's password hash, too, so a changed password makes all earlier
ones invalid, in every browser. So does a hash that is replaced because its parameters are outdated.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from quart import Response, after_this_request, current_app, request
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_app.models.user import User

_SALT = "quart_app.accounts.devices"
_DURATION = timedelta(days=365)  # browsers keep cookies for 400 days at most
_ID_BYTES = 16


def known_device(user: User) -> str | None:
    """The id of this browser, if this user has logged in with it since the password was last changed."""
    cookie = request.cookies.get(current_app.config["DEVICE_COOKIE_NAME"])
    if cookie is None:
        return None
    try:
        data = _serializer(user).loads(cookie, max_age=int(_DURATION.total_seconds()))
    except BadData:
        return None
    match data:
        case [int(owner), str(device)] if owner == user.id:
            return device
        case _:
            return None


def remember_device(user: User) -> None:
    """Set a new device cookie in the response to this request, in which this user has entered the right password."""
    cookie = _serializer(user).dumps([user.id, secrets.token_urlsafe(_ID_BYTES)])
    config = current_app.config

    @after_this_request
    async def set_cookie(response: Response | WerkzeugResponse) -> Response | WerkzeugResponse:
        response.set_cookie(
            config["DEVICE_COOKIE_NAME"],
            cookie,
            max_age=_DURATION,
            path="/",
            secure=config["DEVICE_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return response


def _serializer(user: User) -> URLSafeTimedSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.secret_key]  # the last one signs
    return URLSafeTimedSerializer(keys, salt=f"{_SALT}:{user.password_hash}")
