"""compat.forms, compared with Flask-WTF: the same forms, made and validated alike, get the same data and errors."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import flask
import flask_wtf
import pytest
import quart
from quart.datastructures import FileStorage
from werkzeug.datastructures import MultiDict
from wtforms import StringField, ValidationError
from wtforms.validators import DataRequired

from compat.forms import FlaskForm

pytestmark = pytest.mark.quick


def forms(base: Any) -> Any:
    """The same two forms on Flask-WTF's class and on ours."""

    class Name(base):  # type: ignore[misc]
        name = StringField(validators=[DataRequired()])

    class Edit(Name):
        def __init__(self, original: str, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.original = original

        def validate_name(self, field: StringField) -> None:
            if field.data == self.original:
                raise ValidationError("as before")

    return SimpleNamespace(Name=Name, Edit=Edit)


#: How a form is made: of the two classes, what makes one (``Form`` itself, or its ``create_form``), and the query.
Make = Callable[[Any, Callable[[Any], Callable[..., Any]], Any], Any]
WAYS: dict[str, Make] = {
    "plain": lambda made, new, args: new(made.Name)(),
    "a field": lambda made, new, args: new(made.Name)(name="field"),
    "an object": lambda made, new, args: new(made.Name)(obj=SimpleNamespace(name="object")),
    "data": lambda made, new, args: new(made.Name)(data={"name": "data"}),
    "a prefix": lambda made, new, args: new(made.Name)(prefix="a-"),
    "nothing": lambda made, new, args: new(made.Name)(None),
    "nothing, by name": lambda made, new, args: new(made.Name)(formdata=None),
    "other data": lambda made, new, args: new(made.Name)(MultiDict({"name": "other"})),
    "the query": lambda made, new, args: new(made.Name)(args),
    "an argument of its own": lambda made, new, args: new(made.Edit)("susan"),
    "by name": lambda made, new, args: new(made.Edit)(original="susan", name="field"),
    "an argument and other data": lambda made, new, args: new(made.Edit)("susan", MultiDict({"name": "susan"})),
}
REQUESTS: dict[str, dict[str, Any]] = {
    "GET": {"method": "GET", "path": "/?name=query&a-name=prefixed"},
    "POST": {"method": "POST", "path": "/?name=query", "form": {"name": "susan", "a-name": "prefixed"}},
    "PUT": {"method": "PUT", "path": "/", "form": {"name": "bob"}},
    "empty POST": {"method": "POST", "path": "/?name=query"},
    "JSON": {"method": "POST", "path": "/", "json": {"name": "susan"}},
    "file": {"method": "POST", "path": "/", "form": {"name": "susan"}, "file": b"x"},
}


def on_flask(make: Make, request: dict[str, Any]) -> object:
    """What Flask-WTF makes of it."""
    app = flask.Flask(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    asked = {**request}
    form, file = asked.pop("form", None), asked.pop("file", None)
    if form is not None:
        asked["data"] = form if file is None else {**form, "file": (io.BytesIO(file), "a.txt")}
    with app.test_request_context(**asked):
        made = make(forms(flask_wtf.FlaskForm), lambda cls: cls, flask.request.args)
        return made.is_submitted(), made.validate_on_submit(), made.name.data, made.errors


async def on_quart(make: Make, request: dict[str, Any]) -> object:
    """What we make of it."""
    app = quart.Quart(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False, WTF_I18N_ENABLED=False)
    seen: list[object] = []

    @app.route("/", methods=["GET", "POST", "PUT"])
    async def index() -> str:
        made = await make(forms(FlaskForm), lambda cls: cls.create_form, quart.request.args)
        seen.append((made.is_submitted(), await made.validate_on_submit(), made.name.data, made.errors))
        return ""

    asked = {**request}
    file = asked.pop("file", None)
    if file is not None:
        asked["files"] = {"file": FileStorage(io.BytesIO(file), "a.txt")}
    answer = await app.test_client().open(**asked)
    assert answer.status_code == 200
    return seen[0]


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("make", WAYS.values(), ids=WAYS)
async def test_as_on_flask_wtf(make: Make, request_: dict[str, Any]) -> None:
    """Whatever a form is made of, it has the data and the errors that Flask-WTF's has."""
    assert await on_quart(make, request_) == on_flask(make, request_)


async def test_a_plain_call_in_a_request_that_submits_is_refused() -> None:
    """It could not read what was submitted, so it says how to; for an empty form, None is given."""
    app = quart.Quart(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    Name = forms(FlaskForm).Name  # noqa: N806  # a class
    async with app.test_request_context("/", method="POST"):
        with pytest.raises(RuntimeError, match=r"await Name\.create_form\(\)"):
            Name()
        assert Name(formdata=None).name.data is None
    async with app.test_request_context("/"):
        assert Name().name.data is None


async def test_an_async_validator_refuses() -> None:
    """``async_validators_<field>`` is awaited, and its error is the field's."""

    class Name(FlaskForm):
        name = StringField()

        async def async_validators_name(self, field: StringField) -> None:
            raise ValidationError("taken")

    app = quart.Quart(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False, WTF_I18N_ENABLED=False)
    async with app.test_request_context("/", method="POST", form={"name": "susan"}):
        form = await Name.create_form()
        assert not await form.validate_on_submit()
        assert form.errors == {"name": ["taken"]}


async def test_an_override_that_takes_names_only_is_called() -> None:
    """``validate(self, **kwargs)`` is what many applications write, and Flask-WTF calls it by name."""

    class Name(FlaskForm):
        name = StringField()

        async def validate(self, **kwargs: Any) -> bool:  # type: ignore[override]  # as applications write it
            return await super().validate(**kwargs) and self.name.data == "susan"

    app = quart.Quart(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False, WTF_I18N_ENABLED=False)
    for name, is_valid in (("susan", True), ("bob", False)):
        async with app.test_request_context("/", method="POST", form={"name": name}):
            assert await (await Name.create_form()).validate_on_submit() is is_valid
