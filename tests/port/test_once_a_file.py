"""What is found at many places of a file is named at the first, and where it is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.port.findings import Level

from .one_file import ported

pytestmark = pytest.mark.quick


def test_a_decorator_is_named_once_a_file(tmp_path: Path) -> None:
    """A decorator above many views is one finding, with the number of the others."""
    code = """
        from unheard_of import audited


        @app.get("/1")
        @audited
        def one():
            return ""


        @app.get("/2")
        @audited
        def two():
            return ""
        """
    (found,) = ported(tmp_path, code)[1].findings
    assert (found.what, found.level) == ("@audited", Level.CHECK)
    assert found.why.endswith("and in 1 more places of this file")


def test_json_that_may_be_none_is_named_once_a_file(tmp_path: Path) -> None:
    """Many views that read JSON are one finding, with the number of the others."""
    code = """
        @app.post("/1")
        def one():
            return request.json


        @app.post("/2")
        def two():
            return request.get_json()["x"]
        """
    (found,) = ported(tmp_path, code)[1].findings
    assert found.what == "request.json"
    assert found.why.endswith("and in 1 more places of this file")


def test_a_registry_of_sessions_is_named_where_it_is_made(tmp_path: Path) -> None:
    """Not where it is asked for a session."""
    code = """
        from sqlalchemy.orm import scoped_session, sessionmaker

        Session = scoped_session(sessionmaker())


        def make():
            global Other
            Other = scoped_session(sessionmaker())
            mine = scoped_session(sessionmaker())
            app.session = mine
            return Session().name
        """
    found = ported(tmp_path, code)[1].findings
    assert [(each.what, each.line) for each in found] == [
        ("scoped_session(sessionmaker())", line) for line in (15, 20, 21)
    ]


def test_a_registry_of_sessions_that_another_function_uses_is_named(tmp_path: Path) -> None:
    """A function inside may run for another request."""
    code = """
        from sqlalchemy.orm import scoped_session, sessionmaker


        def one():
            Session = scoped_session(sessionmaker())
            return lambda: Session().name
        """
    assert [each.what for each in ported(tmp_path, code)[1].findings] == ["scoped_session(sessionmaker())"]
