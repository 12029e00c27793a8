"""Base classes of the project are found, however they are imported; where they are not, an async method raises."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.porter import Port, port

pytestmark = pytest.mark.quick

BASE = """
class Job:
    def start(self):
        return self.run()

    def run(self):
        raise NotImplementedError
"""
BELOW = """
from flask import render_template
{}


class Report(Job):
    def run(self):
        return render_template("x")
"""


def ported(folder: Path, files: dict[str, str]) -> tuple[dict[str, str], Port]:
    """The files after the port, and all that was found."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(text).lstrip("\n"))
    found = port(folder)
    return {each.shown: each.after.decode() for each in found.files}, found


FOUND = {
    "from a folder that is on the path": (
        "from web.jobs import Job",
        {"shop/__init__.py": "", "shop/web/__init__.py": "", "shop/web/jobs.py": BASE},
        "shop/web/report.py",
    ),
    "with a star": ("from jobs import *", {"jobs.py": BASE}, "report.py"),
    "with two stars": (
        "from more import *",
        {"jobs.py": BASE, "more.py": "from jobs import *\nfrom more import *\n"},
        "report.py",
    ),
    "from beside a folder without __init__.py": (
        "from ..web.jobs import Job",
        {"shop/web/jobs.py": BASE},
        "shop/tasks/report.py",
    ),
}


@pytest.mark.parametrize(("line", "files", "below"), FOUND.values(), ids=FOUND)
def test_the_base_class_becomes_async_too(tmp_path: Path, line: str, files: dict[str, str], below: str) -> None:
    """The method of the base class, and the call of it there, change with the method below."""
    after, found = ported(tmp_path, {**files, below: BELOW.format(line)})

    base = next(text for name, text in after.items() if name.endswith("jobs.py"))
    assert "    async def run(self):\n" in base
    assert "return await self.run()\n" in base
    assert found.is_complete


def test_a_generic_base_class_becomes_async_too(tmp_path: Path) -> None:
    """``Job[int]`` is the class ``Job``."""
    code = BASE.replace("Job:", "Job(Generic[T]):") + BELOW.format("").replace("(Job)", "(Job[int])")

    after, found = ported(tmp_path, {"site.py": "from typing import Generic, TypeVar\n\nT = TypeVar('T')\n" + code})

    assert after["site.py"].count("async def run(self):") == 2
    assert "return await self.run()" in after["site.py"]
    assert found.is_complete


LOST = {
    "a module that is not there": "from shop.gone import Job",
    "a star": "from gone import *",
    "what a call gives": "import shop\n\nJob = shop.make(1)",
    "an item": "import tables\n\nJob = tables.JOBS['x']",
}


@pytest.mark.parametrize("line", LOST.values(), ids=LOST)
def test_a_base_class_that_is_lost_raises(tmp_path: Path, line: str) -> None:
    """It may be called there without ``await``, though the project calls a method of that name itself."""
    files = {"shop/__init__.py": "def make(x):\n    return x\n", "shop/other.py": BASE}

    after, found = ported(tmp_path, {**files, "shop/report.py": BELOW.format(line)})

    (said,) = found.findings
    assert said.what == "Report.run"
    assert "may call it" in said.why
    assert "raise NotImplementedError('PORT: Report.run')" in after["shop/report.py"]


def test_a_file_that_is_called_as_a_package_is_not_that_package(tmp_path: Path) -> None:
    """``shop/celery/app.py``, which imports from Celery, does not turn the name ``celery`` into one of the shop."""
    files = {
        "shop/__init__.py": "",
        "shop/celery/__init__.py": "",
        "shop/celery/app.py": "from celery.app import Job\n",
        "shop/report.py": BELOW.format("from celery.app import Job"),
    }

    found = ported(tmp_path, files)[1]

    assert [each.what for each in found.findings] == ["Report.run"]


def test_names_that_come_with_a_star_stay(tmp_path: Path) -> None:
    """A module whose names others import with a star keeps the names that it has."""
    files = {"common.py": "from flask import Flask\n", "site.py": "from common import *\n\napp = Flask(__name__)\n"}

    after = ported(tmp_path, files)[0]

    assert after["common.py"] == "from quart import Quart as Flask\n"
    assert after["site.py"] == files["site.py"]
