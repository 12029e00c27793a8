"""Requirements and pytest's settings: what is written into them, and what is to do by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.port.porter import port

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("requirements.txt", "Flask==3.0\nflask-cors\nclick\ngunicorn>=20\n", ["Flask", "flask-cors", "gunicorn"]),
        ("requirements.txt", "dash==4.4.1\ndash[diskcache]\ndash[quart,async]>=4.4\ndash-ag-grid\n", ["dash", "dash"]),
        ("pyproject.toml", 'dependencies = [\n  "dash>=4",\n  "dash[async, quart]>=4.4",\n]\n', ["dash"]),
        ("requirements/dev.txt", "pytest-flask\n# flask\n", ["pytest-flask"]),
        ("pyproject.toml", '[project]\ndependencies = ["flask>=2", "flasky", "Flask-WTF"]\n', ["Flask-WTF", "flask"]),
        ("pyproject.toml", '[project]\nkeywords = ["flask", "login"]\n', []),
        ("notes.txt", "flask\n", []),
    ],
)  # fmt: skip
def test_requirements(tmp_path: Path, name: str, text: str, found: list[str]) -> None:
    """Requirements that the ported application has no use for are to do."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)

    assert [each.what for each in port(tmp_path).findings] == found


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "[pytest]\naddopts = -q\n",
         "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\naddopts = -q\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\n",
         '[tool.pytest.ini_options]\nasyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "function"\n'),
    ],
)  # fmt: skip
def test_pytest_is_told_to_await(tmp_path: Path, name: str, before: str, after: str) -> None:
    """Where tests become async, pytest's settings say so."""
    (tmp_path / name).write_text(before)
    (tmp_path / "test_site.py").write_text("def test_it(client):\n    client.get('/')\n")

    assert {file.shown: file.after.decode() for file in port(tmp_path).files}[name] == after


def test_fixture_that_outlives_a_test_has_one_loop_with_all(tmp_path: Path) -> None:
    """Where a fixture of a wider scope becomes async, all tests run in one event loop: its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_site.py").write_text(
        "import pytest\nfrom site_of_ours import app\n\n\n@pytest.fixture(scope='module')\ndef user():\n"
        "    app.test_client().get('/')\n\n\ndef test_it(user, client):\n    client.get('/')\n"
    )

    after = {file.shown: file.after.decode() for file in port(tmp_path).files}["pytest.ini"]

    assert "asyncio_default_fixture_loop_scope = session\nasyncio_default_test_loop_scope = session\n" in after


def test_pytest_without_settings_is_to_do(tmp_path: Path) -> None:
    """Where pytest has no settings to change, the report says which to write."""
    (tmp_path / "test_site.py").write_text("def test_it(client):\n    client.get('/')\n")

    assert ["asyncio_mode = auto" in each.do for each in port(tmp_path).findings] == [True]
