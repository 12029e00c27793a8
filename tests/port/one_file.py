"""An application in one file, ported: what several test modules begin with."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from compat.port.porter import Port, port

HEAD = """
from flask import Flask, g, render_template, request
from flask_wtf import FlaskForm
from wtforms import StringField

app = Flask(__name__)


class Item:
    def allowed(self):
        return bool(request.form)


"""


def ported(folder: Path, code: str) -> tuple[str, Port]:
    """The code after the port, without the head, and all that was found."""
    file = folder / "site.py"
    file.write_text(HEAD.lstrip() + dedent(code).lstrip("\n"))
    found = port(file)
    after = found.files[0].after.decode()
    compile(after, "ported", "exec")
    return after.partition("return bool(await request.form)\n\n\n")[2], found
