"""Named histories, step by step; each is played twice, starting at each of the applications."""

from __future__ import annotations

from collections.abc import Sequence

from .steps import Move, Restart, Spoil
from .visits import (
    WAYS,
    Open,
    Send,
    Steal,
    VisitorStep,
    change_password,
    confirm,
    log_in,
    log_out,
    register,
)

HOME, ME, ACCOUNT, FRESH = Open("/"), Open("/api/v1/me"), Open("/account"), Open("/account/password")

#: By name; ``{n}`` in a user's name is replaced, so that each story has new users.
STORIES: dict[str, Sequence[VisitorStep]] = {
    "an everyday visit": (
        HOME,
        register("ada{n}"),
        log_in("ada{n}", path="/login?next=%2Faccount", remember=True),
        HOME,
        ME,
        ACCOUNT,
        FRESH,
        Restart(),
        HOME,
        FRESH,
        confirm(path="/reauthenticate?next=%2Faccount%2Fpassword"),
        FRESH,
        log_out(),
        HOME,
        Restart(),
        HOME,
    ),
    "a login moves along, and stays fresh": (
        register("ada{n}"),
        log_in("ada{n}"),
        Move(),
        HOME,
        FRESH,
        ME,
        Move(),
        HOME,
        FRESH,
    ),
    "a remembered user stays remembered on both": (
        register("ada{n}"),
        log_in("ada{n}", remember=True),
        Restart(),
        Move(),
        HOME,
        FRESH,
        ME,
        Restart(),
        Move(),
        HOME,
        confirm(),
        FRESH,
        Restart(),
        Move(),
        HOME,
    ),
    "logging out on one ends it on the other, copies included": (
        register("ada{n}"),
        log_in("ada{n}", remember=True),
        Steal("session"),
        Steal("remember"),
        Open("/", "b"),
        Move(),
        log_out(),
        HOME,
        Open("/", "b"),
        Move(),
        Open("/", "b"),
        HOME,
    ),
    "a changed password ends all other logins": (
        register("ada{n}"),
        log_in("ada{n}", remember=True),
        log_in("ada{n}", "b", remember=True),
        Open("/account", "b"),
        change_password("another horse battery"),
        HOME,
        Open("/", "b"),
        Restart("b"),
        Open("/", "b"),
        Move(),
        HOME,
        log_in("ada{n}", "b"),
        log_in("ada{n}", "b", password="another horse battery"),
        Open("/account", "b"),
    ),
    "a form is opened on one and sent to the other": (
        register("ada{n}"),
        Open("/login"),
        Move(),
        Send("/login", {"username": "ada{n}", "password": "correct horse battery"}, token="last"),
        HOME,
        Open("/logout"),
        Move(),
        Send("/logout", token="last"),
        HOME,
    ),
    "flashed messages move along": (HOME, Move(), Open("/login"), register("ada{n}"), Move(), Open("/login")),
    "forms without the right token are refused": (
        register("ada{n}"),
        Send("/login", {"username": "ada{n}", "password": "correct horse battery"}, token="none"),
        Send("/login", {"username": "ada{n}", "password": "correct horse battery"}, token="wrong"),
        Send("/register", {"username": "bob{n}"}, token="none"),
        log_in("ada{n}"),
        Send("/logout", token="none"),
        Send("/account/password", token="wrong"),
        HOME,
    ),
    "wrong entries are shown": (
        register("ada{n}"),
        register("ADA{n}"),
        register("", email="nobody", password="short", password2="other"),
        register("x" * 65),
        register("a@b{n}"),
        register("a\x00b{n}"),
        log_in("ada{n}", password="wrong"),
        Open("/login"),
        log_in("nobody{n}"),
        log_in(""),
        log_in("ada{n}@EXAMPLE.com", path="/login?next=%2Faccount"),
        confirm(password="wrong"),
        change_password("short"),
        change_password("another horse battery", old="wrong"),
        log_in("ada{n}"),
        Open("/register"),
    ),
    "next leads to a page of the site, or home": (
        register("ada{n}"),
        *(
            step
            for target in ("//other.test/", "https://other.test/", "/account?a=1%262", "/%5Cother.test", "/a/../b")
            for step in (Open(f"/login?next={target}"), log_in("ada{n}", path=f"/login?next={target}"), log_out())
        ),
    ),
    "spoilt cookies are ignored without an error": (
        register("ada{n}"),
        *(
            step
            for cookie in ("session", "remember")
            for way in WAYS
            for step in (log_in("ada{n}", remember=True), Spoil(cookie, way), HOME, ME, Restart(), HOME, log_out())
        ),
    ),
    # Style sheets are not compared: Quart and Flask send files, each in its own way.
    "addresses and methods that are not served": (
        Open("/nowhere"),
        Open("/login", method="DELETE"),
        Open("/", method="OPTIONS"),
        Open("/", method="HEAD"),
        Open("/logout"),
        Open("/static/nowhere.css"),
        Send("/", token="none"),
        ME,
    ),
}
