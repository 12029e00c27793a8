"""The same project gives the same report and the same diff in every run, whatever order its sets have."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.porter import port

#: Ports one project after the other, with sets in an order of its own for each seed: that of strings by PYTHONHASHSEED,
#: and that of functions and classes, which hash by their address otherwise, by this.
SHUFFLED = """
import random, sys
from compat.port import command, program

chance = random.Random(int(sys.argv[1]))
for kind in (program.Function, program.Class):
    kind.__hash__ = lambda self: vars(self).setdefault("hash", chance.getrandbits(60))
for project in sys.argv[2:]:
    command.main([project])
    sys.stdout.flush()
"""
SEEDS = range(4)

HEAD = "from flask import Flask, jsonify, render_template, request\n\napp = Flask(__name__)\n\n\n"
PROJECTS = {
    "methods that stay sync in place of several": """
        import functools


        class Page:
            def show(self):
                return render_template("page")


        class News(Page):
            def show(self):
                return render_template("news")


        class Shop(Page):
            def show(self):
                return render_template("shop")


        class Map(Page):
            def show(self):
                return render_template("map")


        class Legal(Page):
            @functools.lru_cache
            def show(self):
                return "legal"


        class Terms(Page):
            @functools.lru_cache
            def show(self):
                return "terms"


        class Privacy(Page):
            @functools.lru_cache
            def show(self):
                return "privacy"
        """,
    "a method of an unknown object": """
        class Page:
            def show(self):
                return "page"


        class News(Page):
            def show(self):
                return "news"


        class Shop(Page):
            def show(self):
                return "shop"


        class Legal(Page):
            def show(self, law):
                return render_template(law)


        def show(page):
            return page.show()
        """,
    "several things to await in one statement": """
        def news():
            return render_template("news")


        def shop():
            return "shop"


        def map_():
            return "map"


        def legal():
            return "legal"


        def index():
            return (news if app.debug else shop if app.testing else map_ if request.args else legal)()


        PAGES = [shop(), map_(), legal()]
        """,
    "an object of one of several classes": """
        from unheard_of import register


        class News:
            def __call__(self):
                return render_template("news")


        class Shop:
            def __call__(self):
                return render_template("shop")


        class Map:
            def __call__(self):
                return "map"


        page = News() if app.debug else Shop() if app.testing else Map()
        register(page)
        """,
    "two base classes that call the method": """
        import multiprocessing
        import threading


        class Work(threading.Thread if app.debug else multiprocessing.Process):
            def run(self):
                return render_template("work")
        """,
    "two reasons to stay sync": """
        import click
        from sqlalchemy import event


        @click.command() if app.debug else event.listens_for(app, "x")
        def work():
            return render_template("work")
        """,
    "an attribute of two objects that Quart lacks": """
        def size():
            about = request if app.debug else jsonify()
            return len(about.stream)
        """,
}


def start(projects: Sequence[Path], seed: int) -> subprocess.Popen[str]:
    """Start the command on one project after the other, its sets shuffled by *seed*."""
    command = [sys.executable, "-c", SHUFFLED, str(seed), *map(str, projects)]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    return subprocess.Popen(  # noqa: S603  # our own interpreter
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_report_and_diff_are_the_same_in_every_run(tmp_path: Path) -> None:
    """No order of a set decides what is named, what is written, or which remark comes first."""
    projects = [tmp_path / str(number) for number in range(len(PROJECTS))]
    for project, code in zip(projects, PROJECTS.values(), strict=True):
        project.mkdir()
        (project / "site.py").write_text(HEAD + dedent(code).lstrip("\n"))

    runs = [start(projects, seed) for seed in SEEDS]
    first, *others = [run.communicate(timeout=120)[0] for run in runs]

    assert first.count("files to change") == len(PROJECTS)
    assert others == [first] * len(others)


@pytest.mark.quick
def test_the_first_of_a_family_is_named(tmp_path: Path) -> None:
    """Of several methods that became async, the report names the first of the program."""
    (tmp_path / "site.py").write_text(HEAD + dedent(PROJECTS["methods that stay sync in place of several"]))

    found = port(tmp_path).findings

    assert [each.why for each in found] == [
        "it has to stay sync, and is called in place of `Page.show`, which is async now"
    ] * 3


@pytest.mark.quick
def test_an_override_is_named_before_a_call_that_may_run_either(tmp_path: Path) -> None:
    """What a method overrides tells more than another function that the same call may run."""
    code = """
        import functools


        def front():
            return render_template("front")


        class Page:
            def show(self):
                return render_template("page")


        class Legal(Page):
            @functools.lru_cache
            def show(self):
                return "legal"


        def index():
            show = Legal().show if app.debug else front
            return show()
        """
    (tmp_path / "site.py").write_text(HEAD + dedent(code))

    (found,) = port(tmp_path).findings

    assert "in place of `Page.show`" in found.why


@pytest.mark.quick
def test_a_method_of_the_file_or_of_a_base_class_is_named(tmp_path: Path) -> None:
    """Of several methods that a call may mean, one of the same file is named, or else the one that others override."""
    head = "from flask import render_template\n\n\n"
    method = "    def show(self):\n        return render_template('x')\n\n\n"
    call = "def show(page):\n    return page.show()\n"
    (tmp_path / "a.py").write_text(f"{head}from b import Page\n\n\nclass News(Page):\n{method}{call}")
    (tmp_path / "b.py").write_text(f"{head}class Base:\n    pass\n\n\nclass Page(Base):\n{method}")
    (tmp_path / "c.py").write_text(call)

    found = port(tmp_path).findings

    assert [(each.path, each.why) for each in found] == [
        ("a.py", "it may be `News.show`, which is async now"),
        ("c.py", "it may be `Page.show`, which is async now"),
    ]


@pytest.mark.quick
def test_a_lambda_that_calls_what_becomes_async_later_is_no_other_function(tmp_path: Path) -> None:
    """Whether a lambda gives something to await is asked when it is known what became async."""
    code = """
        def last():
            return render_template("last")


        def middle():
            return last()


        def first():
            return middle()


        @app.get("/")
        def page():
            return first()


        def use(function):
            return function()


        def index():
            use(last)
            use(lambda: first())
        """
    (tmp_path / "site.py").write_text(HEAD + dedent(code))

    found = port(tmp_path).findings

    assert [each.what for each in found] == ["first()"]
