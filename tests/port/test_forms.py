"""Forms: WTForms calls validators and filters, and forms inside of forms, without awaiting."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from .one_file import ported

pytestmark = pytest.mark.quick

VALIDATORS = {
    "an object": """
        class Captcha:
            def __call__(self, form, field):
                if Item().allowed():
                    raise ValueError


        class F(FlaskForm):
            name = StringField(validators=[Captcha()])
        """,
    "a function": """
        def captcha(form, field):
            if Item().allowed():
                raise ValueError


        class F(FlaskForm):
            name = StringField("", [captcha])
        """,
    "one that is made": """
        def captcha(number):
            def check(a, b):
                if Item().allowed():
                    raise ValueError

            return check


        class F(FlaskForm):
            name = StringField(validators=[captcha(7)] + [])
        """,
    "a filter": """
        class F(FlaskForm):
            name = StringField()

            def filter_name(self, value):
                return Item().allowed()
        """,
    "one that is called by its name too": """
        class F(FlaskForm):
            name = StringField()

            def validate_name(self, field):
                Item().allowed()


        def check(form):
            form.validate_name(None)
        """,
}


@pytest.mark.parametrize("code", VALIDATORS.values(), ids=VALIDATORS)
def test_what_wtforms_calls_stays_sync(tmp_path: Path, code: str) -> None:
    """WTForms would take a coroutine for a yes: what is to be awaited in a validator raises, and is a todo."""
    after, found = ported(tmp_path, code)

    lines = [line.strip() for line in after.splitlines()]
    assert not [line for line in lines if line.startswith("async def")]
    assert "raise NotImplementedError('PORT: Item().allowed()')" in lines
    assert ["which quart-wtforms awaits" in each.do for each in found.findings] == [True]


def test_a_validator_that_awaits_is_awaited_by_quart_wtforms(tmp_path: Path) -> None:
    """``validate_<field>`` of a form gets the name under which it is awaited."""
    code = """
        class F(FlaskForm):
            name = StringField()

            def validate_name(self, field):
                Item().allowed()
        """
    after, found = ported(tmp_path, code)

    assert "    async def async_validators_name(self, field):\n        await Item().allowed()\n" in after
    assert found.is_complete


FIELDS = {
    "a field": """
        from wtforms import StringField


        class Captcha(StringField):
            def pre_validate(self, form):
                if not Item().allowed():
                    raise ValueError
        """,
    "a form of WTForms": """
        from wtforms import Form


        class F(Form):
            name = StringField()

            def validate_name(self, field):
                if not Item().allowed():
                    raise ValueError
        """,
    "a converter": """
        from werkzeug.routing import BaseConverter


        class Known(BaseConverter):
            def to_python(self, value):
                if not Item().allowed():
                    raise ValueError
        """,
}


@pytest.mark.parametrize("code", FIELDS.values(), ids=FIELDS)
def test_what_installed_packages_call_stays_sync(tmp_path: Path, code: str) -> None:
    """Methods that WTForms and Werkzeug call are known: what is to be awaited in them raises."""
    after, found = ported(tmp_path, code)

    assert not [line for line in after.splitlines() if line.strip().startswith("async def")]
    assert "raise NotImplementedError('PORT: Item().allowed()')" in after
    assert not found.is_complete


SUBFORMS = {
    "a form of Quart's": """
        class Address(FlaskForm):
            street = StringField()
        """,
    "a form of WTForms whose check became async": """
        from wtforms import Form


        class Address(Form):
            street = StringField()

            def validate(self, extra_validators=None):
                return super().validate(extra_validators) and Item().allowed()
        """,
}


@pytest.mark.parametrize("code", SUBFORMS.values(), ids=SUBFORMS)
@pytest.mark.parametrize("field", ["FormField(Address)", "FieldList(FormField(form_class=Address))"])
def test_a_form_inside_of_a_form_raises(tmp_path: Path, code: str, field: str) -> None:
    """WTForms would take the coroutine of the inner form's ``validate`` for a yes."""
    imported = "\n\nfrom wtforms import FieldList, FormField\n"
    outer = f"{imported}\n\nclass Contact(FlaskForm):\n    # here\n    address = {field}\n"

    after, found = ported(tmp_path, dedent(code) + outer)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    assert lines[lines.index("# here") + 1].startswith("raise NotImplementedError(")
    assert [each.what for each in found.findings] == ["Address"]


def test_a_plain_form_inside_of_a_form_is_fine(tmp_path: Path) -> None:
    """A form of WTForms with its own sync ``validate`` is validated as it was."""
    code = """
        from wtforms import Form, FormField


        class Address(Form):
            street = StringField()


        class Contact(FlaskForm):
            address = FormField(Address)
        """
    assert ported(tmp_path, code)[1].findings == ()
