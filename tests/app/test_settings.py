"""The settings, and what production requires of them."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from werkzeug.http import dump_cookie, parse_cookie

from quart_app.factory import create_app
from quart_app.secret_key import kept_secret_key
from quart_app.settings import Settings


def test_production_needs_a_secret_key() -> None:
    """In production a missing key is an error that says how to make one."""
    with pytest.raises(ValidationError, match=r"SECRET_KEY is required in production.*token_urlsafe"):
        Settings(environment="production")


KEY = SecretStr("a key that is long enough")
MAILS = SecretStr("file:")


@pytest.mark.parametrize(
    ("method", "is_accepted"),
    [
        *((f"scrypt:{2**17}:8:1", True), (f"scrypt:{2**18}:8:1", True), (f"scrypt:{2**15}:8:3", True)),
        *((f"scrypt:{2**15}:8:2", False), (f"scrypt:{2**17}:4:1", False), (f"scrypt:{2**12}:8:100", False)),
        *(("pbkdf2:sha256:600000", True), ("pbkdf2:sha512:210000", True), ("pbkdf2:sha256:599999", False)),
        *(("pbkdf2:md5:1", False), ("pbkdf2:md5:9999999", False), ("pbkdf2:sha1:9999999", False)),
    ],
)
def test_production_needs_a_strong_hash(method: str, is_accepted: bool) -> None:
    """In production a hash below OWASP's level is an error that names the setting."""
    assert Settings(password_method=method).password_method == method
    if is_accepted:
        assert Settings(environment="production", secret_key=KEY, mail_url=MAILS, password_method=method).production
    else:
        with pytest.raises(ValidationError, match=f"PASSWORD_METHOD={method} is too weak"):
            Settings(environment="production", secret_key=KEY, mail_url=MAILS, password_method=method)


@pytest.mark.parametrize("name", ["session_cookie_secure", "remember_cookie_secure"])
def test_production_needs_secure_cookies(name: str) -> None:
    """In production ``*_COOKIE_SECURE`` may be true, but not false."""
    production = {"environment": "production", "secret_key": KEY, "mail_url": MAILS}
    assert Settings.model_validate({**production, name: True}).production
    with pytest.raises(ValidationError, match=name.upper()):
        Settings.model_validate({**production, name: False})


def test_errors_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error about a secret does not contain it."""
    monkeypatch.setenv("SECRET_KEY", "too short")
    with pytest.raises(ValidationError) as error:
        Settings()
    assert "too short" not in str(error.value).replace("too_short", "")


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field is read from the variable of its name; arguments override it."""
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", "one old key, another old key ,")
    monkeypatch.setenv("REMEMBER_COOKIE_DURATION", "P7D")
    monkeypatch.setenv("SESSION_COOKIE_SECURE", "true")
    monkeypatch.setenv("REMEMBER_COOKIE_SAMESITE", "Lax")
    settings = Settings(remember_cookie_samesite="Strict")
    assert [key.get_secret_value() for key in settings.secret_key_fallbacks] == [
        "one old key",
        "another old key",
    ]
    config = settings.quart_config()
    assert config["REMEMBER_COOKIE_DURATION"] == timedelta(days=7)
    assert config["REMEMBER_COOKIE_SAMESITE"] == "Strict"
    assert (config["SESSION_COOKIE_NAME"], config["SESSION_COOKIE_SECURE"]) == ("__Host-session", True)
    assert (config["REMEMBER_COOKIE_NAME"], config["REMEMBER_COOKIE_SECURE"]) == ("remember_token", False)


_COOKIES = ("SESSION_COOKIE_NAME", "REMEMBER_COOKIE_NAME", "DEVICE_COOKIE_NAME")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ["session-b", "remember_token-b", "device-b"]),
        (
            {"environment": "production", "secret_key": KEY, "mail_url": MAILS},
            ["__Host-session-b", "__Host-remember_token-b", "__Host-device-b"],
        ),
        ({"session_cookie_name": "sid", "remember_cookie_name": "stay"}, ["sid-b", "stay-b", "device-b"]),
    ],
)
def test_a_suffix_ends_all_names(given: dict[str, object], names: list[str]) -> None:
    """The suffix ends the default names, those with ``__Host-``, and chosen ones."""
    config = Settings.model_validate({**given, "cookie_suffix": "-b"}).quart_config()
    assert [config[name] for name in _COOKIES] == names


@pytest.mark.parametrize("name", ["cookie_suffix", "session_cookie_name", "remember_cookie_name"])
@pytest.mark.parametrize("value", ["a b", "a;b", "a,b", "a=b", "a/b", 'a"b', "\u00e4", "a\n", "a" * 65])
def test_cookie_names_are_tokens(name: str, value: str) -> None:
    """What RFC 6265 does not allow in a cookie's name is an error that shows the value."""
    with pytest.raises(ValidationError, match="cannot be part of a cookie's name") as error:
        Settings.model_validate({name: value})
    assert (error.value.errors()[0]["loc"], repr(value) in str(error.value)) == ((name,), True)


def test_every_token_is_a_suffix() -> None:
    """All characters of RFC 6265's tokens survive in a name that is written and read again."""
    token = "!#$%&'*+-.^_`|~09AZaz"
    assert Settings(cookie_suffix=token).cookie_suffix == token
    cookie = dump_cookie(f"session{token}", "value")
    assert parse_cookie(cookie.partition(";")[0]).to_dict() == {f"session{token}": "value"}


def test_a_suffix_is_no_name_of_another_cookie() -> None:
    """With the suffix ``_data`` the session cookie would be the second cookie of an application without a suffix."""
    with pytest.raises(ValidationError, match="does not end in _data"):
        Settings(cookie_suffix="_data")


@pytest.mark.parametrize("value", ["*", "https://example.com", "example.com/", "::1", "2001:db8::7", "a b", "*.a.test"])
def test_what_is_no_host_name(value: str) -> None:
    """What no ``Host`` can be is refused with what to write, instead of a site that answers 400 to everything."""
    with pytest.raises(ValidationError, match="is not a host name") as error:
        Settings.model_validate({"allowed_hosts": f"example.com,{value}"})
    assert repr(value) in str(error.value)


def test_host_names_have_no_port() -> None:
    """Names in the list are compared in lower case and without ports."""
    settings = Settings.model_validate({"allowed_hosts": "EXAMPLE.com:8443, .a.test, [::1]:80, münchen.test, a_b"})
    assert settings.allowed_hosts == ("example.com", ".a.test", "[::1]", "münchen.test", "a_b")


def test_limits_of_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are seconds or durations of ISO 8601; too short and invalid ones are errors."""
    monkeypatch.setenv("SESSION_IDLE", "3600")
    monkeypatch.setenv("SESSION_ABSOLUTE", "P90D")
    settings = Settings()
    assert (settings.session_idle, settings.session_absolute) == (timedelta(hours=1), timedelta(days=90))
    assert settings.quart_config()["PERMANENT_SESSION_LIFETIME"] == timedelta(days=91)
    for name in ("session_idle", "session_absolute", "remember_cookie_duration"):
        with pytest.raises(ValidationError, match=name):
            Settings.model_validate({name: timedelta(0)})
        with pytest.raises(ValidationError, match=name):
            Settings.model_validate({name: "1 week"})


def test_every_duration_may_be_seconds() -> None:
    """Each setting that is a duration takes seconds from the environment, as docs/operations.md says."""
    durations = {name for name, field in Settings.model_fields.items() if field.annotation is timedelta}
    assert "bearer_duration" in durations
    settings = Settings.model_validate(dict.fromkeys(durations, "7200"))
    assert {getattr(settings, name) for name in durations} == {timedelta(hours=2)}


def test_development_keeps_a_key(tmp_path: Path) -> None:
    """In development a key is made once, readable by its owner only."""
    first = create_app({"instance_path": tmp_path}).secret_key
    assert first
    assert create_app({"instance_path": tmp_path}).secret_key == first
    file = tmp_path / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.glob(".secret_key*")) == []


def test_two_workers_make_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two workers that make a key at the same time the second uses that of the first."""
    path = tmp_path / "secret_key"
    first = kept_secret_key(path)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert kept_secret_key(path) == first


def test_keys_rotate(tmp_path: Path) -> None:
    """Fallback keys are passed to Quart and Quart-Auth."""
    app = create_app({"instance_path": tmp_path, "secret_key_fallbacks": "one old key"})
    assert app.config["SECRET_KEY_FALLBACKS"] == ["one old key"]
