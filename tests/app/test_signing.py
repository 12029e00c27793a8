"""Signatures by keys that are derived once: the same as itsdangerous makes, and no other is accepted."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from quart import Quart, session
from quart.sessions import SecureCookieSessionInterface
from quart_wtf import CSRFProtect
from quart_wtf.utils import generate_csrf

from quart_app.framework.form_tokens import FormTokens
from quart_app.framework.signing import QuickSerializer

VALUE = "76ef4ce6a140e7d555fea255ea7920f8fcaf0c01"
SESSIONS = {
    "salt": "cookie-session",
    "signer_kwargs": {"key_derivation": "hmac", "digest_method": hashlib.sha1},
}


@pytest.mark.parametrize("options", [{"salt": "wtf-csrf-token"}, SESSIONS])
@pytest.mark.parametrize("value", [VALUE, {"a": "b" * 500}, [1, "ü"], ""])
def test_signatures_are_the_same_in_either_direction(
    options: dict[str, Any], value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a second both write the same bytes, and each reads what the other wrote."""
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    ours, theirs = QuickSerializer(["old", "new"], **options), URLSafeTimedSerializer(["old", "new"], **options)
    for _ in range(2):
        assert ours.dumps(value) == theirs.dumps(value)
        assert ours.loads(theirs.dumps(value), max_age=1) == value
        assert theirs.loads(ours.dumps(value), max_age=1) == value


def test_what_is_old_altered_or_of_another_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Age, content, salt and key are checked each time, of a value that was accepted before, too."""
    ours = QuickSerializer(["old", "new"], salt="a")
    text = ours.dumps("value")
    assert ours.loads(text, max_age=10) == "value"
    assert ours.loads(QuickSerializer("old", salt="a").dumps("value")) == "value"
    value, stamp, signature = text.split(".")
    other_signature = ("A" if signature[0] != "A" else "B") + signature[1:]  # the last character has unused bits
    for forged in (f"{value}.{stamp}.{other_signature}", "x" + text, text.replace(".", "")):
        with pytest.raises(BadSignature):
            ours.loads(forged)
    for other in (QuickSerializer(["new"], salt="b"), QuickSerializer(["newer"], salt="a")):
        with pytest.raises(BadSignature):
            other.loads(text)
    with pytest.raises(BadSignature):
        ours.loads(text, salt="b")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 11)
    with pytest.raises(SignatureExpired):
        ours.loads(text, max_age=10)


def test_a_serializer_like_quarts_reads_its_cookies() -> None:
    """The copy of Quart's serializer has its keys, salt, format and key derivation."""
    app = Quart(__name__)
    app.secret_key = "new"
    app.config["SECRET_KEY_FALLBACKS"] = ["old"]
    theirs = SecureCookieSessionInterface().get_signing_serializer(app)
    assert theirs is not None
    content = {"tagged": b"bytes", "tuple": (1, 2)}
    assert QuickSerializer.like(theirs).loads(theirs.dumps(content)) == content
    assert theirs.loads(QuickSerializer.like(theirs).dumps(content)) == content


async def test_a_form_token_is_the_one_of_quart_wtforms(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token follows from the session, and is signed with the key of this moment: also after the key is rotated."""
    app = Quart(__name__)
    app.secret_key = "first"
    CSRFProtect(app)
    tokens = FormTokens(app)
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    seen = []
    for keys in ("first", ["first", "second"], ["second", "third"]):
        app.config["WTF_CSRF_SECRET_KEY"] = keys
        async with app.test_request_context("/"):
            session["csrf_token"] = VALUE
            seen.append(tokens.token())
        async with app.test_request_context("/"):
            session["csrf_token"] = VALUE
            assert generate_csrf() == seen[-1]
            assert tokens.token() == seen[-1]  # that of the form on the same page
    assert len(set(seen)) == 3


@pytest.mark.parametrize("value", [None, 7])
async def test_a_session_without_a_value_gets_one(value: object) -> None:
    """Without a value, or with one that is not text, Quart-WTForms decides."""
    app = Quart(__name__)
    app.secret_key = "first"
    CSRFProtect(app)
    tokens = FormTokens(app)
    async with app.test_request_context("/"):
        if value is not None:
            session["csrf_token"] = value
        token = tokens.token()
        assert token == generate_csrf()
        assert "csrf_token" in session
