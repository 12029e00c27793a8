"""The recipes of docs/extensions.md, and the packages that they need."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from compat import LoginClient, LoginManager, UserMixin
from tests.docs.pages import DOCS, ROOT, blocks
from tests.services.needed import needed

PAGE = DOCS / "extensions.md"
Recipe = Callable[[str], Any]
GROUP: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["neighbours"]
HOW_TO_GET_THEM = "Extensions beside compat are not tested: no {}. Install them: pip install --group neighbours"


def names(requirements: list[str]) -> list[str]:
    """The names of the distributions in a list of requirements."""
    return [re.split(r"[\[<>=!;@ ]", requirement, maxsplit=1)[0] for requirement in requirements]


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


@pytest.fixture(scope="session", autouse=True)
def _packages() -> None:
    missing = [name for name in names(GROUP) if not _is_installed(name)]
    needed(None if missing else "all", HOW_TO_GET_THEM.format(", ".join(missing)))


def section(heading: str) -> str:
    """The text below a heading of the page, up to the next one."""
    (text,) = re.findall(rf"^### {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return str(text)


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Makes the module of a reader: the page's application, and the recipe below a heading."""
    monkeypatch.chdir(tmp_path)
    made: list[str] = []

    def make(heading: str) -> ModuleType:
        module = ModuleType("recipe")
        module.__file__ = str(tmp_path / "recipe.py")
        sys.modules[module.__name__] = module
        made.append(module.__name__)
        first = blocks(PAGE, "python")[0].code
        own = re.findall(r"^```python\n(.*?)^```$", section(heading), re.DOTALL | re.MULTILINE)
        for code in (first, *own):
            exec(compile(code, PAGE.name, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - our own page
        return module

    yield make
    for name in made:
        sys.modules.pop(name, None)


class User(UserMixin):
    """The user of ``app``."""

    id = "susan"


@pytest.fixture
def app() -> Quart:
    """An application with one user, an async loader and a login page."""
    app = Quart("neighbours")
    app.secret_key = "only for this test"
    login_manager = LoginManager[User](app)
    login_manager.login_view = "/login"

    @login_manager.user_loader
    async def load(user_id: str) -> User | None:
        return User() if user_id == User.id else None

    return app


def susan(app: Quart) -> LoginClient:
    """The browser of the user of ``app``."""
    return LoginClient(app, user=User())


def browser(example: Any, name: str | None = None) -> LoginClient:
    """The browser of a user, or of a visitor."""
    return LoginClient(example.app, user=name and example.USERS[name])


async def body(client: QuartClient, path: str, **options: Any) -> str:
    """What is answered to GET."""
    return str(await (await client.get(path, **options)).get_data(as_text=True))
