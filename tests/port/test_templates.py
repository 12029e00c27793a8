"""Templates that name what only a function can await."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.port.porter import port

from .test_findings import VIEW

pytestmark = pytest.mark.quick


def test_templates_are_given_what_they_cannot_await(tmp_path: Path) -> None:
    """A template that names `request.form` gets it from the view, through what it is included by."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('{% include "form.html" %}')
    (tmp_path / "templates" / "form.html").write_text("request.form {{ request.form['x'] }} {{ request.path }}")
    (tmp_path / "site.py").write_text(VIEW + "@app.post('/')\ndef page():\n    return render_template('page.html')\n")

    files = {file.shown: file.after.decode() for file in port(tmp_path).files if file.is_changed}

    assert files["templates/form.html"] == "request.form {{ request_form['x'] }} {{ request.path }}"
    assert "await render_template('page.html', request_form=await request.form)" in files["site.py"]


def test_templates_that_nobody_names_are_to_do(tmp_path: Path) -> None:
    """A template whose view cannot be seen is left, and named."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "form.html").write_text("\n{{ request.form['x'] }}")

    (found,) = port(tmp_path).findings

    assert (found.path, found.line, found.what) == ("templates/form.html", 2, "request.form")
