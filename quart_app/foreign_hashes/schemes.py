"""The schemes of ``FOREIGN_PASSWORD_HASHES``: what their hashes look like, and how much work a hash may cost."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from typing import NamedTuple

_B64 = "[./+A-Za-z0-9]"
# The last characters of a salt and a digest hold fewer than six bits: bcrypt has no others, and libpass would warn.
_BCRYPT_SALT = "[./A-Za-z0-9]{21}[.Oeu]"
_BCRYPT_DIGEST = "[./A-Za-z0-9]{30}[.CGKOSWaeimquy26]"
_BCRYPT = rf"\$2[aby]\$(?P<log_rounds>\d\d)\${_BCRYPT_SALT}{_BCRYPT_DIGEST}"
_ARGON2 = (
    r"\$argon2(?:id|i|d)\$(?:v=\d{1,2}\$)?m=(?P<kibibytes>\d{1,9}),t=(?P<passes>\d{1,9}),p=(?P<lanes>\d{1,9})"
    rf"\${_B64}+\${_B64}+"
)

FORMS: Mapping[str, str] = {
    "bcrypt": _BCRYPT,
    "bcrypt_sha256": (
        r"\$bcrypt-sha256\$(?:2[ab],|v=2,t=2b,r=)(?P<log_rounds>\d{1,2})"
        rf"\${_BCRYPT_SALT}\${_BCRYPT_DIGEST}"
    ),
    "argon2": _ARGON2,
    "pbkdf2_sha1": rf"\$pbkdf2\$(?P<rounds>\d{{1,9}})\${_B64}*\${_B64}{{27}}",
    "pbkdf2_sha256": rf"\$pbkdf2-sha256\$(?P<rounds>\d{{1,9}})\${_B64}*\${_B64}{{43}}",
    "pbkdf2_sha512": rf"\$pbkdf2-sha512\$(?P<rounds>\d{{1,9}})\${_B64}*\${_B64}{{86}}",
    "scrypt": (
        r"\$scrypt\$ln=(?P<log_n>\d{1,2}),r=(?P<block>\d{1,9}),p=(?P<lanes>\d{1,9})"
        rf"\${_B64}*\${_B64}{{43}}"
    ),
    "sha256_crypt": r"\$5\$(?:rounds=(?P<crypt_rounds>\d{1,9})\$)?[./A-Za-z0-9]{0,16}\$[./A-Za-z0-9]{43}",
    "sha512_crypt": r"\$6\$(?:rounds=(?P<crypt_rounds>\d{1,9})\$)?[./A-Za-z0-9]{0,16}\$[./A-Za-z0-9]{86}",
    "md5_crypt": r"\$1\$[./A-Za-z0-9]{0,8}\$[./A-Za-z0-9]{22}",
    "phpass": r"\$[PH]\$[5-9A-H][./A-Za-z0-9]{8}[./A-Za-z0-9]{22}",  # the first: 2^7 to 2^19 rounds, passlib's
    "werkzeug": r"(?P<digest>md5|sha1|sha224|sha256|sha384|sha512)\$(?P<salt>[^$]*)\$(?P<hash>[0-9a-f]{32,128})",
    "django_pbkdf2": r"pbkdf2_(?P<digest>sha1|sha256)\$(?P<rounds>\d{1,9})\$(?P<salt>[^$]+)\$(?P<hash>[+/=\w]+)",
    "django_scrypt": (
        r"scrypt\$(?P<n>\d{1,9})\$(?P<salt>[^$]+)\$(?P<block>\d{1,9})\$(?P<lanes>\d{1,9})\$(?P<hash>[+/=\w]{88})"
    ),
    "django_argon2": f"argon2(?P<inner>{_ARGON2})",
    "django_bcrypt": rf"bcrypt\$(?P<inner>{_BCRYPT})",
    "django_bcrypt_sha256": rf"bcrypt_sha256\$(?P<inner>{_BCRYPT})",
    "django_digest": r"(?P<digest>md5|sha1)\$(?P<salt>[^$]*)\$(?P<hash>[0-9a-f]{32,40})",
    "django_unusable": r"!\w*",
}
"""What a whole hash looks like, in ASCII; groups named in ``LIMITS`` are what it costs."""

LIMITS: Mapping[str, int] = {
    "log_rounds": 16,  # bcrypt: 2^16, four seconds; libraries make 2^12 or 2^13
    "rounds": 10_000_000,  # PBKDF2: Django 6.0 makes 1,200,000
    "crypt_rounds": 1_000_000,  # SHA-crypt, in Python and slower than it ought to be: passlib makes 656,000
    "kibibytes": 2**18,  # Argon2: 256 MiB; Django makes 100 MiB
    "passes": 10,
    "lanes": 8,
    "log_n": 18,  # scrypt with r = 8: 256 MiB
    "n": 2**18,
    "block": 8,
}
"""The most that a hash may cost: a damaged one must not occupy a thread for hours, or fill the memory."""

_LIBPASS, _BCRYPT_PACKAGE, _ARGON2_PACKAGE = "libpass", "bcrypt", "argon2-cffi"


class Scheme(NamedTuple):
    """A library's way to store passwords.

    Attributes:
        forms: the names in ``FORMS`` of the hashes that it has written.
        packages: what reads them.
    """

    forms: tuple[str, ...]
    packages: tuple[str, ...] = (_LIBPASS,)


_BY_LIBPASS = ("pbkdf2_sha1", "pbkdf2_sha256", "pbkdf2_sha512", "scrypt", "sha256_crypt", "sha512_crypt", "md5_crypt")

SCHEMES: Mapping[str, Scheme] = {
    "werkzeug": Scheme(("werkzeug",), ()),
    "django": Scheme(
        tuple(form for form in FORMS if form.startswith("django")), (_LIBPASS, _BCRYPT_PACKAGE, _ARGON2_PACKAGE)
    ),
    "flask_bcrypt_long": Scheme(("bcrypt",), (_BCRYPT_PACKAGE,)),
    "flask_security": Scheme(
        ("bcrypt", "argon2", "pbkdf2_sha256", "pbkdf2_sha512", "sha256_crypt", "sha512_crypt"),
        (_LIBPASS, _BCRYPT_PACKAGE, _ARGON2_PACKAGE),
    ),
    "bcrypt": Scheme(("bcrypt",), (_BCRYPT_PACKAGE,)),
    "bcrypt_sha256": Scheme(("bcrypt_sha256",), (_LIBPASS, _BCRYPT_PACKAGE)),
    "argon2": Scheme(("argon2",), (_LIBPASS, _ARGON2_PACKAGE)),
    "phpass": Scheme(("phpass",)),
    **{name: Scheme((name,)) for name in _BY_LIBPASS},
}
"""The schemes by their names in ``FOREIGN_PASSWORD_HASHES``."""

# What a hash begins with, even a damaged one. Longer ones first.
_MARKS = {
    "$bcrypt-sha256$": "bcrypt_sha256",
    "$pbkdf2-sha256$": "pbkdf2_sha256",
    "$pbkdf2-sha512$": "pbkdf2_sha512",
    "$pbkdf2$": "pbkdf2_sha1",
    "$argon2": "argon2",
    "$scrypt$": "scrypt",
    **dict.fromkeys(("$2a$", "$2b$", "$2y$"), "bcrypt"),
    **dict.fromkeys(("$P$", "$H$"), "phpass"),
    "$1$": "md5_crypt",
    "$5$": "sha256_crypt",
    "$6$": "sha512_crypt",
    **dict.fromkeys(("pbkdf2_sha1$", "pbkdf2_sha256$", "scrypt$", "argon2$", "!"), "django"),
    **dict.fromkeys(("bcrypt$", "bcrypt_sha256$"), "django"),
    **dict.fromkeys(("md5$", "sha1$"), "werkzeug or django"),
    **dict.fromkeys(("sha224$", "sha256$", "sha384$", "sha512$"), "werkzeug"),
}


def scheme_of(stored: str) -> str | None:
    """The name of the scheme that a hash seems to be of, for the log; None if it is like none.

    Flask-Bcrypt's long passwords and Flask-Security's hashes are written like others, and get their names.
    """
    return next((name for mark, name in _MARKS.items() if stored.startswith(mark)), None)


def affordable_match(form: str, stored: str) -> re.Match[str] | None:
    """The match of a hash with a form; None if it has another, or would cost more than ``LIMITS`` allow."""
    match = re.fullmatch(FORMS[form], stored, re.ASCII)  # compiled when it is first asked for, and kept by re
    if match is None:
        return None
    costs = {name: int(cost) for name, cost in match.groupdict().items() if name in LIMITS and cost is not None}
    return match if all(cost <= LIMITS[name] for name, cost in costs.items()) else None


def check_schemes(names: Collection[str], *, has_salt: bool) -> None:
    """Refuse settings that cannot be used.

    Arguments:
        names: the schemes in ``FOREIGN_PASSWORD_HASHES``.
        has_salt: whether ``FLASK_SECURITY_PASSWORD_SALT`` is set.

    Raises:
        ValueError: with a sentence for the operator.
    """
    seen: dict[str, str] = {}
    for name in names:
        if name not in SCHEMES:
            raise ValueError(
                f"FOREIGN_PASSWORD_HASHES has {name!r}, which is none of its names: {', '.join(sorted(SCHEMES))}."
            )
        for form in SCHEMES[name].forms:
            if seen.setdefault(form, name) != name:
                raise ValueError(
                    f"FOREIGN_PASSWORD_HASHES has {seen[form]} and {name}, whose hashes look alike. "
                    "Name only one of them."
                )
    if has_salt != ("flask_security" in names):
        raise ValueError(
            "flask_security in FOREIGN_PASSWORD_HASHES, and FLASK_SECURITY_PASSWORD_SALT (the moved application's "
            "SECURITY_PASSWORD_SALT) need each other. Set both or neither."
        )
    missing = sorted({package for name in names for package in SCHEMES[name].packages if not _is_installed(package)})
    if missing:
        raise ValueError(
            f"FOREIGN_PASSWORD_HASHES={','.join(names)} needs {', '.join(missing)}. "
            "Install it with: pip install 'quart-flask-login[app,passwords]'"
        )


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
