"""Calls that hold up every request while they run, once the function around them is async."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from .findings import Complaint, check, others
from .inference import Inference
from .program import Function, Module

_DATABASE = "the async driver of your database, or SQLAlchemy's asyncio extension"
_HTTP = "httpx.AsyncClient"
_HASH = "`await asyncio.to_thread(...)`: hashing a password is meant to take long"

#: The beginning of a dotted name, and what to use instead; the beginning is also the name that is reported.
_BEGINNINGS = {
    "time.sleep": "`await asyncio.sleep(...)`",
    "urllib.request.": _HTTP,
    "subprocess.": "`asyncio.create_subprocess_exec`",
    "os.system": "`asyncio.create_subprocess_shell`",
    "smtplib.": "aiosmtplib",
    "socket.": "`asyncio.open_connection`",
    "sqlite3.": "aiosqlite",
    "psycopg2.": _DATABASE,
    "psycopg.connect": _DATABASE,
    "pymysql.": _DATABASE,
    "MySQLdb.": _DATABASE,
    "pymongo.": "pymongo's AsyncMongoClient",
    "redis.Redis": "redis.asyncio",
    "redis.StrictRedis": "redis.asyncio",
    "redis.from_url": "redis.asyncio",
    "boto3.": "aioboto3",
    "sqlalchemy.orm.scoped_session()": _DATABASE,
    "sqlalchemy.orm.sessionmaker()": _DATABASE,
    "sqlalchemy.orm.Session": _DATABASE,
    "sqlalchemy.create_engine()": _DATABASE,
    "flask_mail.": "aiosmtplib, in a background task",
    "werkzeug.security.generate_password_hash": _HASH,
    "werkzeug.security.check_password_hash": _HASH,
    "bcrypt.": _HASH,
    "passlib.": _HASH,
    "argon2.": _HASH,
}
#: Functions of these packages, and methods of their sessions, that send a request. A method of an answer sends none.
_REQUEST = re.compile(
    r"(requests|httpx|urllib3)\.(?:(?:api|sessions|poolmanager)\.)?(?:(?:[Ss]ession|Client|PoolManager)(?:\(\))?\.)?"
    r"(?:get|options|head|post|put|patch|delete|request|send|stream|urlopen)"
)
#: The calls of Flask-Mail that send.
_MAIL = re.compile(r"flask_mail\..*\b(?:send|send_message|connect)")
#: Packages whose classes connect, and so block, when an object is made; those of others block in their methods only.
_WAITING = ("smtplib.", "MySQLdb.", "pymongo.", "psycopg2.")
#: A call of a database session of any extension, recognised by methods that nothing else has.
_SESSION = re.compile(r"([\w.]+\.session)\.(commit|execute|flush|merge|query|refresh|rollback|scalars?)")


def blocking(name: str) -> tuple[str, str] | None:
    """What blocks in a call of the dotted *name*, and what to use instead; None if it is not known to block."""
    if name.startswith("flask_sqlalchemy."):
        return None  # reported once, where it is imported: see kept.py
    if name.endswith(".init_app"):  # of an extension, while the application is made
        return None
    if name.rpartition(".")[2][:1].isupper() and not name.startswith(_WAITING):
        return None
    request = _REQUEST.fullmatch(name)
    if request is not None:
        return request[1], _HTTP
    if name.startswith("flask_mail.") and not _MAIL.fullmatch(name):
        return None
    if name == "open":
        return "open", "aiofiles, if the file is large or far away"
    for beginning, instead in _BEGINNINGS.items():
        rest = name.removeprefix(beginning)
        if rest != name:
            return beginning.rstrip(".").removesuffix("()"), instead
    session = _SESSION.fullmatch(name)
    return (session[1], _DATABASE) if session else None


def find_blocking(module: Module, inference: Inference, holding_up: set[Function]) -> Iterator[Complaint]:
    """Each kind of blocking call once, at its first place in the module, with the number of the others."""
    places: dict[tuple[str, str], list[tuple[cst.Call, Function]]] = {}
    for call in module.calls if not module.is_of_tests else ():
        owner = module.scopes[call].owner
        if isinstance(owner, Function) and owner in holding_up:
            names = sorted(inference.externals(call.func, module.scopes[call]))
            if isinstance(module.parent(call), cst.WithItem):  # a process is waited for at the end
                names = [f"{name}().wait" if name == "subprocess.Popen" else name for name in names]
            packages = {name.partition(".")[0] for name in names}
            for known in dict.fromkeys(filter(None, map(blocking, names))) if len(packages) == 1 else ():
                places.setdefault(known, []).append((call, owner))
    for (what, instead), found in places.items():
        call, owner = found[0]
        why = f"it blocks, and every other request waits until `{owner.name}` goes on{others(found)}"
        yield check(call, what, why, f"Use {instead}; until then it works as it did, one request at a time")
