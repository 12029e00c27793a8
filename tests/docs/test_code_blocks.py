"""The code in the documentation runs, and its links have targets."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from tests.docs.pages import DOCS, PAGES, ROOT, blocks, programs, prose

#: Pages whose code needs optional packages: tests/models and tests/neighbours run it.
OPTIONAL = {"dash.md", "extensions.md", "models.md", "monitoring.md"}

#: Each has a check: here, in test_commands.py and test_examples.py, or by Sphinx ({...}). nginx's are those of files,
#: JavaScript runs in a browser (tests/neighbours/test_dash.py, tests/browser), and HTML is what it runs on there.
LANGUAGES = {
    "python",
    "javascript",
    "html+jinja",
    "console",
    "shell",
    "diff",
    "toml",
    "text",
    "nginx",
    "{eval-rst}",
    "{toctree}",
}

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # Flask-Login 0.6.3


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


every_page = pytest.mark.parametrize("page", PAGES, ids=_page_id)


@every_page
def test_each_block_has_a_language(page: Path) -> None:
    """Every code block has one of the languages that these tests check."""
    assert {block.language for block in blocks(page)} <= LANGUAGES


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in OPTIONAL], ids=_page_id)
def test_python_runs(page: Path) -> None:
    """Each Python block of a page runs after the blocks that it continues; OPTIONAL has its own tests."""
    with programs(page):
        pass


def _shown_tests() -> Iterator[tuple[str, Callable[[], Any]]]:
    """The tests that pages show."""
    with programs(DOCS / "testing.md") as made:
        for module in made:
            yield from ((name, test) for name, test in vars(module).items() if name.startswith("test_"))


@pytest.mark.parametrize("shown", [pytest.param(test, id=name) for name, test in _shown_tests()])
async def test_shown_tests_pass(shown: Callable[[], Any]) -> None:
    """The tests that pages show pass."""
    assert inspect.iscoroutinefunction(shown)
    await shown()


@every_page
def test_both_sides_of_a_diff_are_python(page: Path) -> None:
    """Before and after of a diff are Python, unless it shows commands."""
    for block in blocks(page, "diff"):
        for other in "-+":
            kept = [line[1:] for line in block.code.splitlines() if line[:1] != other]
            code = "\n".join(kept)
            if code.startswith(("gunicorn", "hypercorn")):
                continue
            ast.parse(textwrap.dedent(code))
        assert re.search(r"^[-+]", block.code, re.MULTILINE)


@every_page
def test_toml_can_be_read(page: Path) -> None:
    """Each TOML block is valid."""
    for block in blocks(page, "toml"):
        assert tomllib.loads(block.code)


@every_page
def test_nginx_is_that_of_a_file(page: Path) -> None:
    """Each line for nginx is in docs/deployment, too."""
    files = "".join(file.read_text() for file in (DOCS / "deployment").glob("*.conf"))
    known = {line.strip() for line in files.splitlines()}
    for block in blocks(page, "nginx"):
        assert {line.strip() for line in block.code.splitlines()} - known == set()


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link leads to a file of the repository."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", prose(page))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "start.md"], ids=_page_id)
async def test_example_does_what_a_stranger_is_told(page: Path) -> None:
    """The page's application answers a visitor as the page shows."""
    (shown,) = (
        block.code for block in blocks(page, "console") if block.code.startswith("$ curl -si localhost:5000/\n")
    )
    status, *headers = shown.splitlines()[1:]
    with programs(page) as (example,):
        refused = await QuartClient(example.app).get("/")

    assert status == f"HTTP/1.1 {refused.status_code}"
    for name, value in (header.split(": ", 1) for header in headers):
        assert refused.headers[name] == value


async def test_readme_shows_the_real_errors() -> None:
    """The error messages in the README are the real ones."""
    from compat import ConfigurationError, LoginManager, UserMixin, UserNotLoaded, login_user

    class User(UserMixin):
        id = "susan"

    app = Quart("wrong_setting")
    app.secret_key = "only for this test"
    app.config["REMEMBER_COOKIE_ISSUE"] = "flask_login"
    LoginManager(app)
    async with app.test_request_context("/"):
        with pytest.raises(ConfigurationError) as wrong:
            login_user(User(), remember=True)

    shown = [" ".join(block.code.split()) for block in blocks(ROOT / "README.md", "text")]

    assert shown == [
        f"compat.errors.UserNotLoaded: {UserNotLoaded()}",
        f"compat.errors.ConfigurationError: {wrong.value}",
    ]


def test_readme_example_is_short() -> None:
    """The application in the README is short, with the types that ``mypy --strict`` asks for."""
    example, *_ = blocks(ROOT / "README.md", "python")

    assert len(example.code.strip().splitlines()) <= 27


def test_parity_table_names_real_tests() -> None:
    """Each test that the parity table names exists."""
    named = set(re.findall(r"`(test_\w+)`", (DOCS / "parity.md").read_text()))
    folders = [ROOT / "tests" / "compat", ROOT / "tests" / "parity"]
    code = "".join(file.read_text() for folder in folders for file in folder.glob("test_*.py"))

    assert named - set(re.findall(r"def (test_\w+)\(", code)) == set()
    assert len(named) > 15


def test_reference_has_every_public_name() -> None:
    """The reference has every public name of ``compat`` and no other."""
    import compat

    named = set(
        re.findall(r"^\.\. auto\w+:: compat\.(?:\w+\.)?(\w+)", (DOCS / "reference.md").read_text(), re.MULTILINE)
    )
    public = {name for name, value in vars(compat).items() if name[0] != "_" and not inspect.ismodule(value)} - {"Any"}

    assert named == public


def test_reference_has_every_setting() -> None:
    """The table of settings has every key that ``compat`` reads and no other."""
    table = (DOCS / "reference.md").read_text().partition("## Settings")[2].partition("\n\n|")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines() for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}
    code = "".join(file.read_text() for file in (ROOT / "compat").glob("*.py"))

    assert named == set(re.findall(r"(?:config\.get|_Setting)\(\"([A-Z_]+)\"", code))


@pytest.mark.parametrize(
    "package", sorted(file.parent for file in (ROOT / "quart_app").rglob("__init__.py")), ids=_page_id
)
def test_each_module_has_a_line(package: Path) -> None:
    """The docstring of each package of quart_app has a table with one line for each of its modules and folders."""
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    parts = [part.stem for part in package.iterdir() if part.name[0] != "_" and part.suffix in ("", ".py")]

    assert sorted(re.findall(r"^``(\w+)/?``", text, re.MULTILINE)) == sorted(parts)
