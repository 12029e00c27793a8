"""Passwords that come along: hashes of other libraries are accepted where a setting names them, and replaced."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, cast
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from quart_app.accounts.passwords import PasswordHasher
from quart_app.application import Application
from quart_app.configuration import ConfigurationError, read_settings
from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.foreign_hashes import ForeignHashes, checks, schemes
from quart_app.foreign_hashes.schemes import FORMS, LIMITS, SCHEMES
from quart_app.models.user import User
from quart_app.settings import Settings
from tests.app.log_lines import logging_of_a_worker, read_lines
from tests.app.visitor import Visitor
from tests.services.tables import folder_with_tables

METHOD = "pbkdf2:sha256:1"
SALT = "the salt of all passwords"
WRONG = "not the password at all"


class Vector(NamedTuple):
    """A hash that a library has made; ``foreign_hashes/make.py`` says how."""

    scheme: str
    password: str
    hash: str
    by: str

    @property
    def form(self) -> str:
        """The name of what it looks like."""
        return next(form for form in SCHEMES[self.scheme].forms if re.fullmatch(FORMS[form], self.hash, re.ASCII))


VECTORS = [
    Vector(**json.loads(line))
    for line in (Path(__file__).parent / "foreign_hashes" / "vectors.jsonl").read_text().splitlines()
]
FOREIGN = [vector for vector in VECTORS if vector.scheme]
# One for each form, of each library.
SAMPLES = list({(vector.form, vector.scheme): vector for vector in FOREIGN}.values())
# Those that can be named together, and those that are written like some of them.
TOGETHER = tuple(name for name in SCHEMES if not name.startswith("flask_"))
GROUPS = (TOGETHER, ("flask_bcrypt_long",), ("flask_security",))


def hashes_of(*names: str) -> ForeignHashes:
    """A verifier of these schemes."""
    return ForeignHashes(names, flask_security_salt=SALT)


def named(vector: Vector) -> str:
    """The name of a test."""
    return f"{vector.by}, {vector.hash[:14]}"


# `make test` tries one hash for each form of each library, and all others are marked as long.
@pytest.mark.parametrize(
    "vector",
    [pytest.param(vector, marks=() if vector in SAMPLES else pytest.mark.fuzz) for vector in FOREIGN],
    ids=named,
)
def test_hashes_of_other_libraries(vector: Vector) -> None:
    """The right password is right, and another is wrong."""
    foreign = hashes_of(vector.scheme)
    assert foreign.reads(vector.hash)
    assert foreign.verify(vector.hash, vector.password)
    assert not foreign.verify(vector.hash, WRONG)


@pytest.mark.tools
async def test_hashes_of_werkzeug_need_no_setting() -> None:
    """What Werkzeug 0.16 to 3 have made by PBKDF2 and scrypt is read in any case."""
    hasher = PasswordHasher(METHOD, threads=1, queue=0)
    for vector in VECTORS:
        if not vector.scheme:
            assert hasher.is_hash(vector.hash), vector
            assert await hasher.verify(vector.hash, vector.password), vector
            assert not await hasher.verify(vector.hash, WRONG), vector
    await hasher.close()


def test_every_form_has_a_vector() -> None:
    """Each form of each scheme is in the vectors; only an unusable password of Django has no password."""
    made = {(vector.scheme, vector.form) for vector in FOREIGN}
    promised = {(name, form) for name, scheme in SCHEMES.items() for form in scheme.forms}
    assert promised - made == {("django", "django_unusable"), ("flask_security", "sha256_crypt")} | {
        ("flask_security", "pbkdf2_sha256")
    }
    assert set(checks.CHECKS) == set(FORMS)


async def test_no_setting_no_foreign_hash() -> None:
    """Without the setting, and with another scheme in it, the right password is wrong."""
    hasher = PasswordHasher(METHOD, threads=1, queue=0)
    other = PasswordHasher(METHOD, threads=1, queue=0, foreign=hashes_of("werkzeug"))
    for vector in SAMPLES:
        assert not hasher.is_hash(vector.hash)
        assert not await hasher.verify(vector.hash, vector.password)
        assert await other.verify(vector.hash, vector.password) is (vector.scheme == "werkzeug")
    await hasher.close()
    await other.close()


def test_long_passwords() -> None:
    """BCrypt compares 72 bytes, as the library did; all others compare the whole password."""
    for vector in SAMPLES:
        if len(vector.password) > 72:
            assert not hashes_of(vector.scheme).verify(vector.hash, vector.password[:-1]), vector
    bcrypt = next(vector for vector in SAMPLES if vector.form == "bcrypt" and vector.scheme == "bcrypt")
    package: Any = import_module("bcrypt")
    long = "x" * 72
    stored = package.hashpw(long.encode(), bcrypt.hash[:29].encode()).decode()
    assert hashes_of("bcrypt").verify(stored, long + "more")
    assert not hashes_of("bcrypt").verify(stored, long[:-1])


def test_normal_forms() -> None:
    """A password that was entered decomposed is right for Flask-Security-Too, which normalizes, and for no other."""
    for vector in VECTORS:
        decomposed = unicodedata.normalize("NFD", vector.password)
        if vector.scheme and decomposed != vector.password:
            expected = vector.by.startswith("Flask-Security-Too")
            assert hashes_of(vector.scheme).verify(vector.hash, decomposed) is expected, vector


@pytest.mark.parametrize("text", ["", "\0", "\ud83d", "a" * 5000, "\0" * 100])
def test_odd_passwords(text: str) -> None:
    """A password that no library would hash is wrong, and no error."""
    for vector in SAMPLES:
        assert not hashes_of(vector.scheme).verify(vector.hash, text)


@pytest.mark.parametrize(
    "stored",
    [
        "$2b$17$L5jVDCnz7BNd/zZKQvbb4.L35JTCrFnoO7TZMapqhqlsEyRazp8ii",
        "$argon2id$v=19$m=262145,t=1,p=1$GWOMEUKI8Z7z/j+HcO4dow$ro5KaiwEuIJta2cyNt+2KsE6",
        "$pbkdf2-sha256$999999999$c2FsdA$" + "a" * 43,
        "pbkdf2_sha256$10000001$salt$" + "a" * 43 + "=",
        "$6$rounds=999999999$salt$" + "a" * 86,
        "$scrypt$ln=19,r=8,p=1$c2FsdA$" + "a" * 43,
        "scrypt$524288$salt$8$1$" + "a" * 86 + "==",
        "$P$Ksaltsalt" + "a" * 22,
    ],
)
def test_costs_are_limited(stored: str) -> None:
    """A hash that would take a thread for long, or much memory, is not computed: it counts as damaged."""
    assert not hashes_of(*TOGETHER).reads(stored)


@pytest.mark.parametrize(
    ("scheme", "stored"),
    [
        ("argon2", "$argon2id$v=19$m=65536,t=3,p=4$GWOMEUKI8Z7z/j+HcO4dow$" + "a" * 43),
        ("bcrypt", "$2b$13$L5jVDCnz7BNd/zZKQvbb4.L35JTCrFnoO7TZMapqhqlsEyRazp8ii"),
        ("django", "argon2$argon2id$v=19$m=102400,t=2,p=8$GWOMEUKI8Z7z/j+HcO4dow$" + "a" * 43),
        ("django", "pbkdf2_sha256$1500000$salt$" + "a" * 43 + "="),
        ("django", "scrypt$16384$salt$8$5$" + "a" * 86 + "=="),
        ("pbkdf2_sha256", "$pbkdf2-sha256$29000$c2FsdA$" + "a" * 43),
        ("phpass", "$P$HgWU3D0p45q0KTkpnCUuBMrOEDk2QQ."),
        ("scrypt", "$scrypt$ln=16,r=8,p=1$c2FsdA$" + "a" * 43),
        ("sha256_crypt", "$5$rounds=535000$salt$" + "a" * 43),
        ("sha512_crypt", "$6$rounds=656000$salt$" + "a" * 86),
    ],
)
def test_default_costs_are_accepted(scheme: str, stored: str) -> None:
    """What the libraries make by default is read: Django 6.1, Flask-Bcrypt 1.0 and libpass 1.9 or passlib 1.7."""
    assert hashes_of(scheme).reads(stored)


@st.composite
def damaged_hashes(draw: st.DrawFn) -> str:
    """Hashes with a part cut out, and another one inserted; texts that are written like hashes; any text."""
    if draw(st.booleans()):
        forms = [st.from_regex(re.compile(form, re.ASCII), fullmatch=True) for form in FORMS.values()]
        text: str = draw(st.one_of(st.text(), *forms))
        return text
    stored: str = draw(st.sampled_from(SAMPLES)).hash
    start = draw(st.integers(0, len(stored)))
    end = draw(st.integers(start, len(stored)))
    return stored[:start] + draw(st.text("$,=./aZ019\u00e9\0", max_size=5)) + stored[end:]


@pytest.mark.fuzz
@pytest.mark.parametrize("group", GROUPS)
@given(stored=damaged_hashes(), password=st.text())
def test_garbage_is_harmless(group: tuple[str, ...], stored: str, password: str) -> None:
    """No password is right for a damaged hash, and none is an error."""
    cheap = {"log_rounds": 5, "rounds": 1000, "crypt_rounds": 5000, "kibibytes": 1024, "log_n": 10, "n": 1024}
    with mock.patch.dict(cast(dict[str, int], LIMITS), cheap):
        foreign = hashes_of(*group)
        foreign.reads(stored)
        assert not foreign.verify(stored, password + WRONG)
        schemes.scheme_of(stored)


# --- how long it takes


async def test_a_cheap_hash_takes_as_long(hashes: list[str]) -> None:
    """A wrong password costs a hash of today's method, as for a user who does not exist; a right one need not."""
    for group in GROUPS:
        hasher = PasswordHasher(METHOD, threads=1, queue=0, foreign=hashes_of(*group))
        for vector in SAMPLES:
            if vector.scheme in group:
                assert not await hasher.verify(vector.hash, WRONG)
                assert hashes == [METHOD]
                hashes.clear()
                assert await hasher.verify(vector.hash, vector.password)
                assert hashes == []
        await hasher.close()


# --- at login


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Without the setting."""
    return Settings(instance_path=folder_with_tables(tmp_path), password_method=METHOD, address_limits=False)


def accepting(settings: Settings, group: tuple[str, ...]) -> Settings:
    """The settings with a scheme or more."""
    salt = SecretStr(SALT) if "flask_security" in group else None
    return settings.model_copy(update={"foreign_password_hashes": group, "flask_security_password_salt": salt})


async def store(app: Application, vectors: list[Vector]) -> None:
    """Users with these hashes: user0, user1, ..."""
    async with app.app_context(), current_database.of(app).session() as session:
        for number, vector in enumerate(vectors):
            user = User(username=f"user{number}", email=f"user{number}@example.com")
            user.password_hash = vector.hash
            session.add(user)
        await session.commit()


async def stored(app: Application) -> list[str | None]:
    """The hashes in the database."""
    async with app.app_context(), current_database.of(app).session() as session:
        return list((await session.execute(select(User.password_hash).order_by(User.id))).scalars())


async def log_in(app: Application, number: int, password: str) -> int:
    """The status of a login of the API."""
    credentials = {"username": f"user{number}", "password": password}
    return (await Visitor(app).client.post("/api/v1/sessions", json=credentials)).status_code


@pytest.mark.parametrize("group", GROUPS)
async def test_replaced_at_login(settings: Settings, group: tuple[str, ...]) -> None:
    """The right password logs in and replaces the hash; then it logs in without the setting. A wrong one does not."""
    vectors = [vector for vector in SAMPLES if vector.scheme in group]
    app = create_app(accepting(settings, group))
    async with app.test_app():
        await store(app, vectors)
        assert await log_in(app, 0, WRONG) == 401
        assert await stored(app) == [vector.hash for vector in vectors]
        answers = [await log_in(app, number, vector.password) for number, vector in enumerate(vectors)]
        assert answers == [201] * len(vectors)
    without = create_app(settings)
    async with without.test_app():
        assert all(hash_ is not None and hash_.startswith(f"{METHOD}$") for hash_ in await stored(without))
        answers = [await log_in(without, number, vector.password) for number, vector in enumerate(vectors)]
        assert answers == [201] * len(vectors)


@pytest.mark.parametrize(
    ("stored_hash", "reason", "scheme"),
    [
        (next(vector.hash for vector in SAMPLES if vector.scheme == "bcrypt"), "wrong", "bcrypt"),
        ("$2b$12$too short", "damaged", "bcrypt"),
        ("pbkdf2_sha256$many$salt$hash", "damaged", "django"),
        ("$argon2id$v=19$m=1024,t=2,p=1$salt$h", "damaged", "argon2"),
        ("sha1$salt$" + "0" * 40, "damaged", "werkzeug or django"),
        ("plain$$secret", "damaged", None),
    ],
)
async def test_refusals_are_logged(
    settings: Settings, capfd: pytest.CaptureFixture[str], stored_hash: str, reason: str, scheme: str | None
) -> None:
    """A login that fails at a hash of another library is one line, which names the scheme and shows no hash."""
    with logging_of_a_worker(json=True):
        app = create_app(accepting(settings, ("bcrypt",)))
        async with app.test_app():
            await store(app, [Vector("bcrypt", "", stored_hash, "")])
            assert await log_in(app, 0, WRONG) == 401
            written = [line for line in read_lines(capfd) if line["logger"] == "quart_app.events"]
    assert [(line["event"], line["reason"], line.get("password_scheme")) for line in written] == [
        ("login failed", reason, scheme)
    ]
    assert stored_hash not in json.dumps(written)


# --- the setting


def test_the_setting_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are separated by commas; the salt is not shown."""
    monkeypatch.setenv("FOREIGN_PASSWORD_HASHES", "flask_security, werkzeug,")
    monkeypatch.setenv("FLASK_SECURITY_PASSWORD_SALT", SALT)
    settings = read_settings()
    assert settings.foreign_password_hashes == ("flask_security", "werkzeug")
    assert SALT not in repr(settings)


@pytest.mark.parametrize(
    ("names", "salt", "message"),
    [
        ("bcript", None, "FOREIGN_PASSWORD_HASHES has 'bcript', which is none of its names: argon2, bcrypt,"),
        ("bcrypt,flask_bcrypt_long", None, "bcrypt and flask_bcrypt_long, whose hashes look alike"),
        ("argon2,flask_security", SALT, "argon2 and flask_security, whose hashes look alike"),
        ("flask_security", None, "need each other"),
        ("", SALT, "need each other"),
    ],
)
def test_wrong_settings(monkeypatch: pytest.MonkeyPatch, names: str, salt: str | None, message: str) -> None:
    """A setting that cannot be used is refused in a sentence before anything starts, without the salt."""
    monkeypatch.setenv("FOREIGN_PASSWORD_HASHES", names)
    if salt is not None:
        monkeypatch.setenv("FLASK_SECURITY_PASSWORD_SALT", salt)
    with pytest.raises(ConfigurationError, match=message) as error:
        read_settings()
    assert SALT not in str(error.value)


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheme whose package is missing is refused with the command that installs it."""
    monkeypatch.setattr(schemes, "_is_installed", lambda package: package != "libpass")
    with pytest.raises(ValidationError, match=r"needs libpass\. Install it with: pip install 'quart-fl"):
        Settings(foreign_password_hashes=("phpass", "werkzeug"))
    assert Settings(foreign_password_hashes=("werkzeug", "bcrypt")).foreign_password_hashes


@pytest.mark.tools
def test_imported_only_if_used() -> None:
    """An application without the setting imports none of the packages."""
    code = "import sys, quart_app.factory; sys.exit(bool({'passlib', 'bcrypt', 'argon2'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - this Python, and the line above
