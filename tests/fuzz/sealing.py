"""Signs any content with the application's own key."""

from __future__ import annotations

import json
from hashlib import sha512
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer, base64_decode, base64_encode
from quart import Quart
from quart.sessions import SecureCookieSessionInterface

#: What keeps Quart-Auth's tokens of different use apart.
_SALTS = {"remember_token": "quart-flask-login remember cookie", "bearer": "microblog bearer token"}


def seal(app: Quart, name: str, payload: object) -> str:
    """A cookie or token of this name with any content, also what ``dumps`` would refuse."""
    return sign(app, name, base64_encode(json.dumps(payload)))


def sign(app: Quart, name: str, content: bytes) -> str:
    """The same for any bytes."""
    serializer = _serializer(app, name)
    return serializer.make_signer(serializer.salt).sign(content).decode("latin-1")


def payload_of(token: str) -> Any:
    """The payload, without checking the signature."""
    _, payload = URLSafeTimedSerializer("whatever").loads_unsafe(token)
    return payload


def is_same(token: str, right: str) -> bool:
    """Whether it is the valid value in another spelling: base64 decoders ignore foreign characters."""
    (content, _, signature), (right_content, _, right_signature) = token.rpartition("."), right.rpartition(".")
    try:
        return content == right_content and base64_decode(signature) == base64_decode(right_signature)
    except BadData:
        return False


def _serializer(app: Quart, name: str) -> URLSafeTimedSerializer:
    if name in _SALTS:
        return URLSafeTimedSerializer(app.secret_key or "", _SALTS[name], signer_kwargs={"digest_method": sha512})
    interface = app.session_interface
    assert isinstance(interface, SecureCookieSessionInterface)
    serializer = interface.get_signing_serializer(app)
    assert serializer is not None
    return serializer
