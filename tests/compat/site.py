"""A small application with logins, and helpers of the tests that use it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from typing import Any, Literal, cast

from blinker import NamedSignal
from quart import Quart, Response, request, session
from quart.sessions import SecureCookieSessionInterface
from quart.testing import QuartClient

import compat
from compat import (
    LoginManager,
    UserMixin,
    confirm_login,
    current_user,
    fresh_login_required,
    login_fresh,
    login_remembered,
    login_required,
    login_user,
    logout_user,
)

SECRET = "a secret for tests only"
REMEMBER = "remember_token"
HOST = "localhost"

Kind = Literal["async", "sync"]


class Person(UserMixin):
    """A user of the small application."""

    def __init__(self, person_id: str, name: str, *, is_active: bool = True) -> None:
        self.id = person_id
        self.name = name
        self._is_active = is_active

    @property
    def is_active(self) -> bool:
        """Whether the account may be used."""
        return self._is_active


class Application(Quart):
    """An application that stores the errors of views for the test instead of logging them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.errors: list[BaseException | None] = []

    def log_exception(self, *arguments: Any) -> None:
        """Store the error of a view; Quart 0.23 passes the context as the first argument."""
        self.errors.append(arguments[-1][1])


class Site:
    """The application, its users, and the ids that its user loader was called with."""

    def __init__(self, kind: Kind = "async", **config: Any) -> None:
        self.app = Application(__name__, static_folder=None)
        self.app.config.update({"SECRET_KEY": SECRET, **config})
        self.manager: LoginManager[Person] = LoginManager(self.app)
        self.people = {
            "1": Person("1", "susan"),
            "2": Person("2", "henry"),
            "3": Person("3", "idle", is_active=False),
        }
        self.loads: list[Any] = []
        self.fault: Exception | None = None
        if kind == "async":
            self.manager.user_loader(self._load_async)
        else:
            self.manager.user_loader(self._load)
        _add_views(self)

    def _load(self, user_id: str) -> Person | None:
        self.loads.append(user_id)
        if self.fault is not None:
            raise self.fault
        return self.people.get(str(user_id))

    async def _load_async(self, user_id: str) -> Person | None:
        return self._load(user_id)

    def client(self) -> QuartClient:
        """A browser of its own."""
        return QuartClient(self.app)

    async def logged_in(self, query: str = "") -> QuartClient:
        """A browser in which susan has just logged in, at the login view with *query*."""
        client = self.client()
        assert await text(client, f"/login?{query}") == "True"
        self.loads.clear()
        return client

    # --- the session cookie, read and written as the application does

    def session_of(self, client: QuartClient) -> dict[str, Any]:
        """The content of the session cookie of *client*; empty without one."""
        value = cookie(client, "session")
        return {} if value is None else self.open_session(value)

    def open_session(self, value: str) -> dict[str, Any]:
        """The content of a session cookie."""
        return cast(dict[str, Any], self._serializer().loads(value))

    def seal_session(self, content: object) -> str:
        """A session cookie, signed with the right key."""
        return str(self._serializer().dumps(content))

    def _serializer(self) -> Any:
        interface = self.app.session_interface
        assert isinstance(interface, SecureCookieSessionInterface)
        return interface.get_signing_serializer(self.app)


def _add_views(site: Site) -> None:
    _add_verbs(site)
    _add_questions(site.app)
    _add_pages(site.app)


def _add_verbs(site: Site) -> None:
    app = site.app

    @app.route("/login")
    async def login() -> str:
        seconds = request.args.get("seconds", type=float)
        return str(
            login_user(
                site.people[request.args.get("user", "1")],
                remember="remember" in request.args,
                duration=None if seconds is None else timedelta(seconds=seconds),
                force="force" in request.args,
                fresh="stale" not in request.args,
            )
        )

    @app.route("/logout")
    async def logout() -> str:
        return str(logout_user())

    @app.route("/confirm")
    async def confirm() -> str:
        confirm_login()
        return "confirmed"


def _add_questions(app: Quart) -> None:
    @app.route("/whoami")
    async def whoami() -> str:
        return current_user.name if current_user.is_authenticated else "nobody"

    @app.route("/fresh")
    async def fresh() -> str:
        return str(bool(current_user.is_authenticated) and login_fresh())

    @app.route("/remembered")
    async def remembered() -> str:
        return str(login_remembered())


def _add_pages(app: Quart) -> None:
    @app.route("/public")
    async def public() -> str:
        return "for everybody"

    @app.route("/basket")
    async def basket() -> str:
        session["basket"] = "full"
        return "kept"

    @app.route("/members")
    @login_required
    async def members() -> str:
        return f"welcome {current_user.name}"

    @app.route("/private")
    @fresh_login_required
    async def private() -> str:
        return f"just you, {current_user.name}"


async def text(client: QuartClient, path: str, **options: Any) -> str:
    """The body of the response to *path*, which must be a 200."""
    response = await client.get(path, **options)
    assert response.status_code == 200, (path, response.status_code)
    return await response.get_data(as_text=True)


async def error(client: QuartClient, path: str, **options: Any) -> BaseException:
    """The error that the view at *path* raises; the response must be a 500."""
    assert isinstance(client.app, Application)
    response = await client.get(path, **options)
    assert response.status_code == 500, (path, response.status_code)
    raised = client.app.errors[-1]
    assert raised is not None
    return raised


async def plain_vary() -> str | None:
    """The ``Vary`` of an application without logins: None, or ``Cookie`` in Quart 0.23."""
    app = Quart(__name__)
    app.secret_key = SECRET
    vary: str | None = (await QuartClient(app).get("/")).headers.get("Vary")
    return vary


def set_cookies(response: Response) -> dict[str, Morsel[str]]:
    """The ``Set-Cookie`` headers of *response*, by name of the cookie, with their attributes as sent."""
    cookies: dict[str, Morsel[str]] = {}
    for header in response.headers.getlist("Set-Cookie"):
        cookies.update(SimpleCookie(header))
    return cookies


def cookie(client: QuartClient, name: str) -> str | None:
    """The value of a cookie in the browser's jar, as it was sent."""
    assert client.cookie_jar is not None
    return next((one.value for one in client.cookie_jar if one.name == name), None)


def put_cookie(client: QuartClient, name: str, value: str) -> None:
    """Put a cookie into the browser's jar."""
    client.set_cookie(HOST, name, value)


def close_browser(client: QuartClient) -> None:
    """Delete the session cookie and keep the remember cookie, as a browser does when it is closed."""
    assert client.cookie_jar is not None
    for one in list(client.cookie_jar):
        if one.name == "session":
            client.cookie_jar.clear(one.domain, one.path, one.name)


def lose_cookie(client: QuartClient, name: str) -> None:
    """Delete a cookie from the browser's jar."""
    assert client.cookie_jar is not None
    for one in list(client.cookie_jar):
        if one.name == name:
            client.cookie_jar.clear(one.domain, one.path, one.name)


SIGNALS: dict[str, NamedSignal] = {
    name: getattr(compat, name)
    for name in (
        "session_protected",
        "user_accessed",
        "user_loaded",
        "user_loaded_from_cookie",
        "user_loaded_from_request",
        "user_logged_in",
        "user_logged_out",
        "user_login_confirmed",
        "user_needs_refresh",
        "user_unauthorized",
    )
}

Heard = list[tuple[str, dict[str, Any]]]


@contextmanager
def listening(app: Quart) -> Iterator[Heard]:
    """Record the signals that *app* sends in the block, in order, each as its name and its arguments."""
    heard: Heard = []
    receivers = []
    for name, signal in SIGNALS.items():
        receiver = _recorder(heard, name)
        receivers.append(receiver)  # signals hold their receivers weakly
        signal.connect(receiver, sender=app)
    yield heard
    for signal, receiver in zip(SIGNALS.values(), receivers, strict=True):
        signal.disconnect(receiver, sender=app)


def _recorder(heard: Heard, name: str) -> Callable[..., None]:
    def record(sender: Quart, **arguments: Any) -> None:
        heard.append((name, arguments))

    return record


def names(heard: Heard) -> list[str]:
    """The names of the recorded signals, in order."""
    return [name for name, _ in heard]


def as_kind(kind: Kind, function: Callable[..., Any]) -> Callable[..., Any] | Callable[..., Awaitable[Any]]:
    """*function*, which is sync, as an async function if *kind* says so."""
    if kind == "sync":
        return function

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapped
