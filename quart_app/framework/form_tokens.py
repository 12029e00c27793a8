"""The ``csrf_token()`` of templates, signed by a serializer that is kept.

Quart-WTForms makes a serializer for each page, and reads its configuration by way of ten proxies. The token is the
same, for the same session, key and second; it is checked by Quart-WTForms as before.

Written for Quart-WTForms 1.0.3: the salt and the key in ``g`` are its own. A session without a value for the token, or
with one that is not text, is left to it. If Quart-WTForms keeps its serializer, remove this module.
"""

from __future__ import annotations

from typing import Any

from quart import Quart
from quart_wtf.utils import generate_csrf

from .signing import QuickSerializer
from .unproxied import current_globals, current_session

_SALT = "wtf-csrf-token"


class FormTokens:
    """The tokens of the forms of one application.

    Arguments:
        app: the application, which has a :class:`quart_wtf.CSRFProtect` already.
    """

    def __init__(self, app: Quart) -> None:
        self._app = app
        self._serializer: QuickSerializer | None = None
        self._keys: object = None
        app.jinja_env.globals["csrf_token"] = self.token

    def token(self) -> str:
        """The signed token for the forms of this page."""
        config, kept = self._app.config, current_globals()
        name = config["WTF_CSRF_FIELD_NAME"]
        token: str | None = kept.get(name)
        if token is None:
            value = current_session().get(name)
            if not isinstance(value, str):
                return str(generate_csrf())
            token = self._serializer_for(config.get("WTF_CSRF_SECRET_KEY") or self._app.secret_key).dumps(value)
            setattr(kept, name, token)
        return token

    def _serializer_for(self, keys: Any) -> QuickSerializer:
        """The serializer, which is made anew when the keys have changed."""
        if self._serializer is None or keys != self._keys:
            self._keys = [*keys] if isinstance(keys, list) else keys
            self._serializer = QuickSerializer(keys, salt=_SALT)
        return self._serializer
