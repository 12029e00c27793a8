"""Classes of users: what Flask-Login reads as an attribute is true for everybody as a method."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.port.findings import Level
from compat.port.porter import port

from .one_file import ported

pytestmark = pytest.mark.quick


def test_a_method_of_users_that_is_read_as_an_attribute_is_to_do(tmp_path: Path) -> None:
    """``is_authenticated`` as a method is true for everybody; as a property it is fine."""
    code = """
        class User:
            def is_authenticated(self):
                return False

            @property
            def is_active(self):
                return True


        def is_anonymous():
            return True
        """
    found = ported(tmp_path, code)[1].findings

    assert [(each.what, each.level) for each in found] == [("User.is_authenticated", Level.TODO)]
    assert "@property" in found[0].do


def test_a_method_of_a_class_of_users_is_to_do(tmp_path: Path) -> None:
    """``is_active`` as a method is true for everybody, if the class is one of users."""
    code = """
        from flask_login import UserMixin


        class User(UserMixin):
            def is_active(self):
                return False


        class Other:
            def get_id(self):
                return "x"

            def is_active(self):
                return False
        """
    found = ported(tmp_path, code)[1].findings
    assert [(each.what, each.level) for each in found] == [
        ("User.is_active", Level.TODO),
        ("Other.is_active", Level.TODO),
    ]


def test_is_anonymous_is_named_where_it_is_read(tmp_path: Path) -> None:
    """Flask-Login does not read it, and a template may."""
    code = """
        class Person:
            def is_anonymous(self):
                return False

            def get_id(self):
                return "x"
        """
    assert ported(tmp_path, code)[1].findings == ()

    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "x.html").write_text("{% if current_user.is_anonymous %}x{% endif %}")
    assert [each.what for each in port(tmp_path).findings] == ["Person.is_anonymous"]
