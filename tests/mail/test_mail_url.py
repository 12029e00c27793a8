"""``MAIL_URL``, ``MAIL_FROM`` and ``PUBLIC_URL``."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from quart_app.configuration import ConfigurationError, read_settings
from quart_app.defences.hosts import AllowedHosts
from quart_app.mail_url import MailFolder, MailServer, read_mail_from, read_mail_url
from quart_app.settings import Settings

FORMS = {
    "smtp://localhost": MailServer("localhost", 587, "starttls"),
    "smtp://joe:p%40ss%3A%2F@mail.example.com:25": MailServer("mail.example.com", 25, "starttls", "joe", "p@ss:/"),
    "smtps://joe:x@mail.example.com": MailServer("mail.example.com", 465, "tls", "joe", "x"),
    "smtp://jo%C3%A9:100%25%20%2B+%C3%A4@[2001:db8::7]": MailServer("2001:db8::7", 587, "starttls", "joé", "100% ++ä"),
    "smtp://[fe80::1%25eth0]": MailServer("fe80::1%eth0", 587, "starttls"),
    "smtp://[::1]:1025?starttls=no": MailServer("::1", 1025, "none"),
    "smtp://localhost?starttls=yes": MailServer("localhost", 587, "starttls"),
    "file:": MailFolder(),
    "file:/srv/our%20mails": MailFolder(Path("/srv/our mails")),
    "file:///srv/mails": MailFolder(Path("/srv/mails")),
}


@pytest.mark.parametrize("url", FORMS)
def test_forms(url: str) -> None:
    """Each form names a server or a folder; STARTTLS is the default, and what is percent-encoded is decoded."""
    assert read_mail_url(url) == FORMS[url]


UNUSABLE = {
    "": "has to begin with",
    "http://localhost": "has to begin with",
    "smtp://": "does not look like",
    "smtp://localhost:many": "does not look like",
    "smtp://localhost:99999": "from 1 to 65535",
    "smtp://localhost:0": "from 1 to 65535",
    "smtp://our server": "does not look like",
    "smtp://our%0d:587": "does not look like",
    "smtp://joe:secret@localhost/path": "does not look like",
    "smtp://joe:se/cret@localhost": "Write it as %40",
    "smtp://joe:se@cret@localhost": "Write it as %40",
    "smtp://joe:12#secret@localhost": "Write it as %40",
    "smtp://joe:12?secret@localhost": "something else there",
    "smtp://joe:secret%E4@localhost": "not UTF-8",
    "smtp://joe@localhost": "a user or a password, and not both",
    "smtp://:secret@localhost": "a user or a password, and not both",
    "smtp://localhost?starttls=never": "something else there",
    "smtps://localhost?starttls=no": "something else there",
    "smtp://localhost?ca=": "something else there",
    "smtp://localhost?ca=/not/there": "ca=/not/there cannot be used: No such file",
    "smtp://localhost?ca=/etc/hostname": "ca=/etc/hostname cannot be used",
    "file:mails": "has to be absolute",
}


@pytest.mark.parametrize("url", UNUSABLE)
def test_unusable_urls(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be used is told in one line that names the setting, before anything starts, without a password."""
    monkeypatch.setenv("MAIL_URL", url)
    monkeypatch.setenv("MAIL_FROM", "no-reply@example.com")
    with pytest.raises(ConfigurationError, match=f"^MAIL_URL: .*{re.escape(UNUSABLE[url])}") as error:
        read_settings()
    assert not any(part in str(error.value) for part in ("secret", "cret", "\n"))


@given(st.text())
@settings(max_examples=50, deadline=None)
def test_any_text(text: str) -> None:
    """Whatever is set is read, or refused with a sentence."""
    for read in (read_mail_url, read_mail_from):
        for prefix in ("", "smtp://joe:", "file:", "joe@"):
            with suppress(ValueError):
                read(prefix + text)


def test_the_password_is_not_shown() -> None:
    """The server shows its password to nobody who prints it."""
    assert "secret" not in repr(read_mail_url("smtp://joe:secret@localhost"))


@pytest.mark.parametrize("value", ["no-reply@example.com", "Mïcroblog <a@b.c>", '"Us, Inc." <a@localhost>'])
def test_senders(value: str) -> None:
    """A sender is an address, perhaps with a name."""
    assert read_mail_from(value).addr_spec in value


@pytest.mark.parametrize("value", ["", "Microblog", "a@", "@b", "ä@b.c", "a b@c", "a@b, c@d", "a@b\nBcc: c@d", "<>"])
def test_no_senders(value: str) -> None:
    """What is not an address, or more than one, is refused."""
    with pytest.raises(ValidationError, match="is not an address of a sender"):
        Settings(mail_from=value)


@pytest.mark.parametrize(
    ("value", "site"),
    [
        ("https://example.com", "https://example.com/"),
        ("http://localhost:8000/", "http://localhost:8000/"),
        ("https://example.com/blog", "https://example.com/blog/"),
        ("https://[2001:db8::7]:8443", "https://[2001:db8::7]:8443/"),
        ("HTTPS://Example.com/Blog", "https://example.com/Blog/"),
    ],
)
def test_public_urls(value: str, site: str) -> None:
    """The address of the site ends with one slash."""
    assert Settings(public_url=value).public_url == site


@pytest.mark.parametrize(
    "value",
    [
        "",
        "example.com",
        "ftp://example.com",
        "https://joe@example.com",
        "https://a/?b",
        "https://a/#b",
        "//a",
        'https://a/"b',
        "https://a:0",
        "https://exämple.com",
    ],
)
def test_no_public_urls(value: str) -> None:
    """What is not the address of a site is refused."""
    with pytest.raises(ValidationError, match="is not the address of a site"):
        Settings(public_url=value)


@pytest.mark.parametrize(
    ("url", "hosts", "is_allowed"),
    [
        ("https://Example.com/blog", "www.example.com, EXAMPLE.com:443", True),
        ("https://www.example.com:8443", ".example.com", True),
        ("https://example.com", "www.example.com", False),
        ("https://badexample.com", ".example.com", False),
        ("https://xn--mnchen-3ya.test", "münchen.test", True),
        ("https://[2001:db8::7]", "example.com, [2001:db8:0:0::7]", True),
        ("https://[2001:db8::7]", "[2001:db8::8], example.com", False),
        ("https://example.com", "[2001:db8::7]", False),
    ],
)
async def test_public_urls_are_answered(url: str, hosts: str, is_allowed: bool) -> None:
    """An address of a site under whose name nothing is answered is refused: no link in a mail would work."""
    answered = []

    async def answer(*_: object) -> None:
        answered.append(True)

    async def ignore(*_: object) -> None:
        """The refusal, which another test looks at."""

    allowed = Settings.model_validate({"allowed_hosts": hosts}).allowed_hosts
    headers = [(b"host", urlsplit(url).netloc.lower().encode())]
    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    await AllowedHosts(answer, allowed)(scope, ignore, ignore)  # type: ignore[arg-type] # which it only passes on
    assert (answered == [True]) is is_allowed
    if is_allowed:
        assert Settings.model_validate({"allowed_hosts": hosts, "public_url": url}).public_url is not None
    else:
        with pytest.raises(ValidationError, match="lacks, so each link in a mail would be answered 400"):
            Settings.model_validate({"allowed_hosts": hosts, "public_url": url})


PRODUCTION = {"ENVIRONMENT": "production", "SECRET_KEY": "a key that is long enough"}
SMTP = {"MAIL_URL": "smtp://joe:secret@mail.example.com", "MAIL_FROM": "a@example.com"}
SITE = {"PUBLIC_URL": "https://example.com"}


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (PRODUCTION, "MAIL_URL is required in production. Set smtp://.*smtps://.*or file:"),
        ({**PRODUCTION, "MAIL_URL": SMTP["MAIL_URL"], **SITE}, "MAIL_FROM is required"),
        ({"MAIL_URL": SMTP["MAIL_URL"]}, "MAIL_FROM is required"),
        ({**PRODUCTION, **SMTP}, "PUBLIC_URL is required in production"),
        ({**PRODUCTION, **SMTP, "PUBLIC_URL": "http://example.com"}, "has to begin with https://"),
        ({**PRODUCTION, **SMTP, **SITE}, None),
        ({**PRODUCTION, **SMTP, **SITE, "ALLOWED_HOSTS": "www.example.com"}, "ALLOWED_HOSTS=www.example.com lacks"),
        ({**PRODUCTION, **SMTP, **SITE, "ALLOWED_HOSTS": "www.example.com, .example.com"}, None),
        ({**PRODUCTION, "MAIL_URL": "file:"}, None),
        ({**PRODUCTION, "MAIL_URL": "file:", "SEND_MAILS": "false"}, "PUBLIC_URL is required in production"),
        ({**PRODUCTION, "MAIL_URL": "file:", "SEND_MAILS": "false", **SITE}, None),
        (SMTP, None),
        ({}, None),
    ],
)
def test_what_production_requires(variables: dict[str, str], told: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Production is told where mails go, from whom, and where their links lead; development needs none of it."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if told is None:
        assert read_settings().production is ("ENVIRONMENT" in variables)
    else:
        with pytest.raises(ConfigurationError, match=told):
            read_settings()
