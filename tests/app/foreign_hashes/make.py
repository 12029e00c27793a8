"""Makes the vectors of ``vectors.jsonl`` with the libraries that wrote such hashes, each in an environment of its own.

For each library and version: make an environment, install it, and add what this prints to the file::

    python3.8 -m venv w016 && w016/bin/pip install werkzeug==0.16.1 && w016/bin/python make.py werkzeug

It prints for each hash the scheme in ``FOREIGN_PASSWORD_HASHES``, the password and the version of the library. It runs
on Python 3.8 and later. The hashes of each run differ, because their salts do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

PASSWORDS = ("correct horse battery staple", "gr\u00fc\u00dfe aus dem gr\u00fcnen wald", "0123456789abcdef" * 5)
SALT = "the salt of all passwords"


def werkzeug() -> Iterator[tuple[str, str, str]]:
    """Werkzeug's salted digests, up to 2.3, and the hashes that it still reads, which need no scheme."""
    security: Any = import_module("werkzeug.security")
    for password in PASSWORDS:
        yield "", password, security.generate_password_hash(password)
        for method in ("md5", "sha1", "sha256", "sha512", "pbkdf2:sha1:1000"):
            try:
                made = security.generate_password_hash(password, method)
            except ValueError:  # from 3.0 on
                continue
            yield "werkzeug" if ":" not in method else "", password, made


def flask_bcrypt() -> Iterator[tuple[str, str, str]]:
    """Flask-Bcrypt with and without BCRYPT_HANDLE_LONG_PASSWORDS."""
    flask: Any = import_module("flask")
    package: Any = import_module("flask_bcrypt")
    for handles_long in (False, True):
        app = flask.Flask("app")
        app.config.update(BCRYPT_LOG_ROUNDS=5, BCRYPT_HANDLE_LONG_PASSWORDS=handles_long)
        bcrypt = package.Bcrypt(app)
        for password in PASSWORDS:
            if handles_long or len(password.encode()) <= 72:  # bcrypt 5 refuses what earlier ones cut
                made = bcrypt.generate_password_hash(password).decode()
                yield "flask_bcrypt_long" if handles_long else "bcrypt", password, made


def flask_security() -> Iterator[tuple[str, str, str]]:
    """Flask-Security and Flask-Security-Too, whose hashes are double, with each of their schemes."""
    flask: Any = import_module("flask")
    package: Any = import_module("flask_security")
    utils: Any = import_module("flask_security.utils")
    for scheme in ("bcrypt", "argon2", "pbkdf2_sha512", "sha512_crypt"):
        app = flask.Flask("app")
        app.config.update(SECRET_KEY="x", SECURITY_PASSWORD_SALT=SALT, SECURITY_PASSWORD_HASH=scheme)
        cheap = {"bcrypt": 5, "sha512_crypt": 1000}
        app.config["SECURITY_PASSWORD_HASH_OPTIONS"] = {name: {"rounds": each} for name, each in cheap.items()}
        app.config["SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS"] = {  # the same in Flask-Security-Too
            **{f"{name}__rounds": each for name, each in cheap.items()},
            "argon2__memory_cost": 1024,
        }
        user = SimpleNamespace(fs_uniquifier="")
        try:
            package.Security(app, package.datastore.UserDatastore(user, user), register_blueprint=False)
        except ValueError:  # Flask-Security has no Argon2
            continue
        with app.app_context():
            for password in PASSWORDS:
                util = getattr(app.extensions["security"], "_password_util", None)  # only in Flask-Security-Too
                text = util.normalize(password) if util else password
                yield "flask_security", password, utils.hash_password(text)


def django() -> Iterator[tuple[str, str, str]]:
    """Django's hashers, the removed ones too, as far as this version has them."""
    conf: Any = import_module("django.conf")
    names = (
        *("PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher", "ScryptPasswordHasher"),
        *("BCryptSHA256PasswordHasher", "BCryptPasswordHasher", "MD5PasswordHasher", "SHA1PasswordHasher"),
    )
    hashers: Any = import_module("django.contrib.auth.hashers")
    there = [f"django.contrib.auth.hashers.{name}" for name in names if hasattr(hashers, name)]
    conf.settings.configure(PASSWORD_HASHERS=there)
    for name in names:
        if hasattr(hashers, name):
            hasher = getattr(hashers, name)()
            if "BCrypt" in name:
                hasher.rounds = 5
            hasher.iterations, hasher.memory_cost = 1000, 1024  # of PBKDF2 and of Argon2
            for password in PASSWORDS:
                if name != "BCryptPasswordHasher" or len(password.encode()) <= 72:
                    yield "django", password, hasher.encode(password, hasher.salt())


def passlib() -> Iterator[tuple[str, str, str]]:
    """The schemes of passlib, or libpass, that web applications used; cheap where the price does not matter."""
    schemes: Any = import_module("passlib.hash")
    cheap: dict[str, dict[str, Any]] = {
        "argon2": {"memory_cost": 1024, "rounds": 2},
        "bcrypt": {"rounds": 5},
        "bcrypt_sha256": {"rounds": 5},
        "md5_crypt": {},
        "pbkdf2_sha1": {},
        "pbkdf2_sha256": {},
        "pbkdf2_sha512": {},
        "phpass": {"rounds": 8},
        "scrypt": {"rounds": 10},
        "sha256_crypt": {"rounds": 1000},
        "sha512_crypt": {"rounds": 5000},
    }
    for name, options in cheap.items():
        for password in PASSWORDS:
            if name != "bcrypt" or len(password.encode()) <= 72:
                yield name, password, getattr(schemes, name).using(**options).hash(password)


if __name__ == "__main__":
    metadata: Any = import_module("importlib.metadata")
    kind, *package = sys.argv[1:]
    library = (package or [kind.replace("_", "-")])[0]
    maker = {one.__name__: one for one in (werkzeug, flask_bcrypt, flask_security, django, passlib)}[kind]
    for scheme, password, made in maker():
        made_by = f"{library} {metadata.version(library)}"
        print(json.dumps({"scheme": scheme, "password": password, "hash": made, "by": made_by}))
