"""An application's code is type-checked against the library with ``mypy --strict``."""

import fcntl
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

api = pytest.importorskip("mypy.api", reason="types are checked where mypy is installed")

pytestmark = pytest.mark.tools

ROOT = Path(__file__).parent.parent.parent

HEAD = """
from quart import Quart, Request
import compat
from compat import LoginManager, UserMixin, login_required, fresh_login_required, anonymous_required

class User(UserMixin):
    def __init__(self, id: int, name: str) -> None:
        self.id = id
        self.name = name

app = Quart(__name__)
login_manager: LoginManager[User] = LoginManager(app)
"""

Check = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy knows of the packages that programs import, for all processes of these tests: it takes five seconds."""
    of_this_process = tmp_path_factory.getbasetemp()
    cache = (of_this_process.parent if "PYTEST_XDIST_WORKER" in os.environ else of_this_process) / "mypy"
    cache.mkdir(exist_ok=True)
    return cache


@pytest.fixture(scope="module")
def check(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Check:
    """The errors of ``mypy --strict`` for a program."""
    folder = tmp_path_factory.mktemp("programs")

    def run(program: str) -> list[str]:
        source = folder / "program.py"
        source.write_text(program)
        options = [
            "--strict", "--no-error-summary", "--config-file=", f"--cache-dir={cache}",
            f"--python-executable={sys.executable}",
            "--enable-error-code=unused-awaitable", "--enable-error-code=truthy-bool",
        ]  # fmt: skip
        with pytest.MonkeyPatch.context() as patch, (cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # what one process learns, the others need not
            patch.setenv("MYPYPATH", str(ROOT))
            patch.chdir(folder)
            out, err, _ = api.run([*options, "program.py"])
        assert not err
        return [line for line in out.splitlines() if line.startswith("program.py") and ": error:" in line]

    return run


def test_the_application_of_the_readme(check: Check) -> None:
    """The shortest application, as README shows it, has no error."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert code
    assert not check(code[1])


def test_an_application_with_its_own_user_needs_no_cast(check: Check) -> None:
    """Loaders, views and the typed ``current_user`` fit together under ``mypy --strict``."""
    assert not check(
        HEAD
        + """
people: dict[str, User] = {}

@login_manager.user_loader
async def load_user(user_id: str) -> User | None:
    return people.get(user_id)

@login_manager.request_loader
async def by_key(request: Request) -> User | None:
    return people.get(request.headers.get("X-Api-Key", ""))

@login_manager.unauthorized_handler
async def refuse() -> tuple[str, int]:
    return "who?", 401

@app.route("/profile/<int:page>")
@login_required
async def profile(page: int) -> str:
    return login_manager.current_user.name

@app.route("/password")
@fresh_login_required
def password() -> str:
    return str(login_manager.current_user.id + 1)

@app.route("/register")
@anonymous_required(redirect_to="profile")
async def register() -> str:
    return ""

@app.route("/log-in")
async def log_in() -> str:
    done: bool = compat.login_user(people["1"], remember=True)
    return str(done)
"""
    )


def test_sync_loaders_fit_as_well(check: Check) -> None:
    """Sync loaders type-check, too, and managers that are made without an application."""
    assert not check(
        HEAD
        + """
another = LoginManager[User]()

@another.user_loader
def load_user(user_id: str) -> User | None:
    return None

@another.request_loader
def by_key(request: Request) -> User | None:
    return None

another.localize_callback = str.upper
another.init_app(app)
"""
    )


@pytest.mark.parametrize(
    "loader",
    [
        pytest.param("async def load(user_id: int) -> User | None: return None", id="takes a number"),
        pytest.param("def load(user_id: int) -> User | None: return None", id="sync, takes a number"),
        pytest.param("async def load() -> User | None: return None", id="takes nothing"),
        pytest.param("def load() -> User | None: return None", id="sync, takes nothing"),
        pytest.param("async def load(user_id: str) -> str: return ''", id="returns no user"),
        pytest.param("def load(user_id: str) -> int: return 1", id="sync, returns no user"),
        pytest.param("async def load(user_id: str, more: str) -> User | None: return None", id="takes too much"),
    ],
)
def test_wrong_loaders_are_errors(check: Check, loader: str) -> None:
    """A loader with a wrong signature is a type error."""
    errors = check(f"{HEAD}\n@login_manager.user_loader\n{loader}\n")

    assert len(errors) == 1
    assert "user_loader" in errors[0] or "load" in errors[0]


def test_wrong_attributes_are_errors(check: Check) -> None:
    """A wrong attribute of the typed ``current_user`` is a type error."""
    errors = check(f"{HEAD}\nlogin_manager.current_user.nam\n")

    assert len(errors) == 1
    assert '"User" has no attribute "nam"' in errors[0]


def test_forgotten_awaits_are_errors(check: Check) -> None:
    """A missing ``await`` of ``unauthorized()`` or ``load_user()`` is a type error."""
    errors = check(
        HEAD
        + """
async def view() -> None:
    login_manager.unauthorized()
    compat.load_user()
"""
    )

    assert len(errors) == 2
    assert all("unused-" in one for one in errors)


def test_decorators_keep_the_arguments_of_views(check: Check) -> None:
    """A decorated view keeps its signature."""
    errors = check(
        HEAD
        + """
@login_required
async def page(number: int) -> str:
    return str(number)

async def call() -> None:
    await page(1)
    await page("one")
"""
    )

    assert len(errors) == 1
    assert "arg-type" in errors[0]


def test_a_user_need_not_inherit(check: Check) -> None:
    """Any class with the three properties is a user; one without them is none."""
    assert not check(
        """
from compat import LoginManager

class Own:
    is_authenticated = True
    is_active = True
    is_anonymous = False
    def get_id(self) -> str:
        return "1"

manager: LoginManager[Own] = LoginManager()
"""
    )
    assert check("from compat import LoginManager\n\nclass Own: ...\n\nmanager: LoginManager[Own] = LoginManager()\n")


def test_sqlalchemy_users_fit(check: Check) -> None:
    """A mapped class that inherits from UserMixin is a user."""
    pytest.importorskip("sqlalchemy")
    assert not check(
        """
from quart import Quart
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from compat import LoginManager, UserMixin

class Base(DeclarativeBase):
    pass

class User(UserMixin, Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

manager: LoginManager[User] = LoginManager(Quart(__name__))

@manager.user_loader
async def load_user(user_id: str) -> User | None:
    return None

def name() -> str:
    return manager.current_user.name
"""
    )


@pytest.mark.parametrize("bases", ["Base", "UserMixin, Base"])
def test_is_active_may_be_a_column(check: Check, bases: str) -> None:
    """``is_active`` may be a ``Mapped[bool]`` column, which is a bool on the object."""
    pytest.importorskip("sqlalchemy")
    own = "" if "Mixin" in bases else "is_authenticated = True\n    is_anonymous = False"
    assert not check(
        f"""
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from compat import LoginManager, UserMixin

class Base(DeclarativeBase):
    pass

class Account({bases}):
    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    {own}

accounts: LoginManager[Account] = LoginManager()

@accounts.user_loader
async def load_account(user_id: str) -> Account | None:
    return None
"""
    )


def test_the_library_is_marked_as_typed() -> None:
    """The package has ``py.typed``, without which type checkers would ignore its types."""
    import compat

    assert Path(compat.__file__).with_name("py.typed").exists()


def test_is_active_may_be_a_property_a_field_or_an_attribute(check: Check) -> None:
    """A subclass overrides ``is_active`` as it does with Flask-Login's property, and nobody sets the mixin's."""
    assert not check(
        HEAD
        + """
from dataclasses import dataclass
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Property(UserMixin):
    @property
    def is_active(self) -> bool:
        return super().is_active and False

class Attribute(UserMixin):
    is_active = False

@dataclass(eq=False)
class Field(UserMixin):
    id: int
    is_active: bool = True

class Column(UserMixin, Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    is_active: Mapped[bool] = mapped_column(default=True)
"""
    )
    (error,) = check(HEAD + 'User(1, "susan").is_active = False\n')
    assert "read-only" in error
