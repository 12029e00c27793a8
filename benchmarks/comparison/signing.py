"""Session cookies and remember tokens, written and read with the secret key of the compared applications.

The formats are written out here and not imported from either library, so that both are tested against them.
"""

import hmac
from hashlib import sha1, sha512
from typing import Any, Final

from flask.json.tag import TaggedJSONSerializer
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.http import dump_cookie
from werkzeug.sansio.http import parse_cookie

SECRET: Final = "a secret of the two applications"
OLD_SECRET: Final = "the secret before it was changed"

_timed = URLSafeTimedSerializer(
    SECRET, salt="quart-flask-login remember cookie", signer_kwargs={"digest_method": sha512}
)


def session_cookie(content: dict[str, Any], secret: str = SECRET) -> str:
    """The session cookie that holds *content*."""
    return str(_session(secret).dumps(content))


def session_content(cookie: str) -> Any:
    """What a session cookie holds, signed with either key; a note if it is not the server's."""
    for secret in (SECRET, OLD_SECRET):
        try:
            return _session(secret).loads(cookie)
        except BadSignature:
            continue
    return "not signed by the server"


def remember_token(user_id: str, secret: str = SECRET) -> str:
    """Flask-Login's remember token for a user."""
    return f"{user_id}|{hmac.new(secret.encode(), user_id.encode(), sha512).hexdigest()}"


def as_sent(value: str) -> str:
    """A cookie value as servers write it and browsers send it back: in quotes and octals where that is needed."""
    return dump_cookie("name", value, path=None, max_size=0).removeprefix("name=")


def as_read(sent: str) -> str:
    """What a server reads in a cookie value that was sent."""
    return parse_cookie(f"name={sent}").get("name", "")


def remembered_user(cookie: str) -> str | None:
    """The user id in a remember cookie of either format; None if the signature is wrong or it is no such cookie."""
    value = as_read(cookie)
    user_id, _, _ = value.rpartition("|")
    if value in (remember_token(user_id), remember_token(user_id, OLD_SECRET)):
        return user_id
    try:
        payload = _timed.loads(value)
    except BadSignature:
        return None
    # with a duration of its own, the token is a list of both
    return str(payload[0] if isinstance(payload, list) else payload)


def _session(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        secret,
        salt="cookie-session",
        serializer=TaggedJSONSerializer(),
        signer_kwargs={"key_derivation": "hmac", "digest_method": sha1},
    )
