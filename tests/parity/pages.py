"""The pages of the application, written once: only the imports differ between Flask and Quart.

Each page is a plain function. ``applications`` registers it as it is in Flask, and as it is or as a coroutine
function in Quart. The few pages that must await something on Quart are written twice, there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

from .people import People

#: A module, or a namespace with the names of one: Flask or Quart, Flask-Login or compat.
Library = ModuleType | SimpleNamespace

DURATIONS: dict[str, Any] = {
    "hour": timedelta(hours=1),
    "fraction": timedelta(days=2, milliseconds=1500),
    "wrong": "two weeks",
}


@dataclass(frozen=True)
class Page:
    """A view function with its address."""

    rule: str
    view: Callable[[], Any]
    guard: str | None = None
    methods: tuple[str, ...] = ("GET",)
    blueprint: str | None = None

    @property
    def name(self) -> str:
        """The name of the endpoint, without that of its blueprint."""
        return self.view.__name__


def describe(user: Any) -> str:
    """A text with everything that a page can show about a user."""
    return (
        f"{user.__class__.__name__} {user.get_id()!r} "
        f"active={user.is_active} authenticated={user.is_authenticated} anonymous={user.is_anonymous}"
    )


def pages(web: Library, login: Library, people: People) -> list[Page]:  # noqa: C901  # one function a page
    """All pages that contain no ``await``, for one framework and one login library."""
    request: Any = web.request

    def look(moment: str) -> str:
        """Read the user, if the request's query asks for it at this moment."""
        return describe(login.current_user) if moment in request.args.getlist("look") else "-"

    def public() -> str:
        return "hello"

    def whoami() -> str:
        return describe(login.current_user)

    def log_in() -> str:
        before = look("before")
        done = login.login_user(
            people[request.args["who"]],
            remember="remember" in request.args,
            duration=DURATIONS.get(request.args.get("duration", "")),
            force="force" in request.args,
            fresh="stale" not in request.args,
        )
        return f"{before} {done} {look('after')}"

    def log_out() -> str:
        return f"{look('before')} {login.logout_user()} {look('after')}"

    def confirm() -> str:
        return f"{look('before')} {login.confirm_login()} {look('after')}"

    def in_and_out() -> str:
        entered = login.login_user(people[request.args["who"]], remember="remember" in request.args)
        return f"{entered} {login.logout_user()} {look('after')}"

    def out_and_in() -> str:
        left = login.logout_user()
        return f"{left} {login.login_user(people[request.args['who']], remember='remember' in request.args)}"

    def protected() -> str:
        return f"for members: {request.method} {describe(login.current_user)}"

    def protected_quietly() -> str:
        return "for members, whoever they are"

    def fresh() -> str:
        return f"for those who just logged in: {request.method} {describe(login.current_user)}"

    def fresh_but_broken() -> str:
        web.session["runs"] = web.session.get("runs", 0) + 1
        raise AttributeError("the view's own fault")

    def state() -> str:
        return f"fresh={login.login_fresh()} remembered={login.login_remembered()}"

    def poke() -> str:
        before = look("before")
        web.session["poked"] = web.session.get("poked", 0) + 1
        return f"{before} {look('after')}"

    def peek() -> str:
        return f"{web.session.get('poked')} {look('after')}"

    def forget_everything() -> str:
        before = look("before")
        web.session.clear()
        return f"{before} {look('after')}"

    def permanent() -> str:
        before = look("before")
        web.session.permanent = "off" not in request.args
        return f"{before} {look('after')}"

    def login_page() -> str:
        return f"log in: {web.get_flashed_messages(with_categories=True)} {request.args.get('next')}"

    def refresh_page() -> str:
        return f"log in again: {web.session.pop('next', None)} {request.args.get('next')}"

    def club() -> str:
        return f"the club: {describe(login.current_user)}"

    def cellar() -> str:
        return f"the cellar: {describe(login.current_user)}"

    def annex() -> str:
        return f"the annex: {describe(login.current_user)}"

    def club_login() -> str:
        return "log in to the club"

    def static() -> str:
        return "body { color: black }"

    every_method = ("GET", "POST", "OPTIONS")
    return [
        Page("/", public),
        Page("/whoami", whoami, methods=("GET", "POST")),
        Page("/login", log_in),
        Page("/logout", log_out),
        Page("/confirm", confirm),
        Page("/in-and-out", in_and_out),
        Page("/out-and-in", out_and_in),
        Page("/protected", protected, "login_required", every_method),
        Page("/protected/quiet", protected_quietly, "login_required"),
        Page("/fresh", fresh, "fresh_login_required", every_method),
        Page("/fresh/broken", fresh_but_broken, "fresh_login_required"),
        Page("/state", state),
        Page("/poke", poke),
        Page("/peek", peek),
        Page("/clear", forget_everything),
        Page("/permanent", permanent),
        Page("/login-page", login_page),
        Page("/refresh-page", refresh_page),
        # Static files are known by their endpoint; this one is not a file, and so is never left open.
        Page("/static/style.css", static),
        Page("/club/", club, "login_required", blueprint="club"),
        Page("/club/login", club_login, blueprint="club"),
        Page("/cellar/", cellar, "login_required", blueprint="cellar"),
        Page("/annex/", annex, "login_required", blueprint="annex"),
    ]


TEMPLATE_WITH_USER = "{{ current_user.get_id() }} {% if current_user.is_authenticated %}in{% else %}out{% endif %}"
TEMPLATE_WITHOUT_USER = "a page without a name"
