"""A coroutine that nobody awaits is true: wherever one would be taken for a yes, it is awaited, or a line raises."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.findings import Level
from compat.port.porter import Port, port

pytestmark = pytest.mark.quick

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


AWAITED = {
    "super of two arguments": """
        class F(FlaskForm):
            def validate(self, **kw):
                return await super(F, self).validate(**kw)
        """,
    "super in a mixin": """
        class Checked:
            def validate(self, **kw):
                return await super().validate(**kw)


        class F(Checked, FlaskForm):
            pass
        """,
    "a form of an unknown class": """
        class Page:
            def post(self):
                return "yes" if await self.form.validate_on_submit() else "no"
        """,
    "what is called a form": """
        def post(login_form):
            return "no" if not await login_form.validate() else "yes"
        """,
    "the subclass became async": """
        class A:
            def save(self):
                return None


        class B(A):
            def save(self):
                return await render_template("x")


        def keep(item: A):
            await item.save()
        """,
    "a class beside it, below one base, became async": """
        class A:
            def save(self):
                raise NotImplementedError


        class B(A):
            def save(self):
                return await render_template("x")


        class C(A):
            def save(self):
                return None


        def keep(item: C):
            await item.save()
        """,
    "what implements a protocol": """
        from typing import Protocol


        class Saves(Protocol):
            def save(self): ...


        class B:
            def save(self):
                return await render_template("x")


        def keep(item: Saves):
            await item.save()
        """,
    "an object that is called": """
        class Check:
            def __call__(self):
                return bool(await request.form)


        check = Check()


        @app.get("/")
        def index():
            return "yes" if await check() else "no"
        """,
    "a partial": """
        from functools import partial

        look = partial(Item.allowed, Item())


        @app.get("/")
        def index():
            return "yes" if await look() else "no"
        """,
    "getattr with a name": """
        @app.get("/")
        def index():
            return "yes" if await getattr(Item(), "allowed")() else "no"
        """,
}


@pytest.mark.parametrize("code", AWAITED.values(), ids=AWAITED)
def test_it_is_awaited(tmp_path: Path, code: str) -> None:
    """What is to be awaited is found through super(), mixins, overrides, protocols, objects, and by its name."""
    after, found = ported(tmp_path, code.replace("await ", ""))

    assert after.replace("async def", "def") == dedent(code).lstrip("\n")
    assert found.is_complete


RAISING = {
    "an if": """
        @app.get("/")
        def index(item):
            # here
            if item.allowed():
                return "yes"
        """,
    "an elif": """
        @app.get("/")
        def index(item, x):
            # here
            if x:
                return ""
            elif not item.allowed():
                return "no"
        """,
    "a while": """
        @app.get("/")
        def index(item):
            # here
            while item.allowed():
                pass
        """,
    "a comparison": """
        @app.get("/")
        def index(item):
            # here
            yes = item.allowed() == 1
        """,
    "what is dropped": """
        @app.get("/")
        def index(item):
            # here
            item.allowed()
        """,
    "what is returned": """
        @app.get("/")
        def index(item):
            # here
            return item.allowed()
        """,
    "a comprehension": """
        @app.get("/")
        def index(items):
            # here
            return [each for each in items if each.allowed()]
        """,
    "a computed name": """
        @app.get("/")
        def index(item, name):
            # here
            return getattr(item, name)() or "no"
        """,
    "a property": """
        class Page:
            @property
            def fine(self):
                # here
                return Item().allowed()
        """,
    "a lambda": """
        @app.get("/")
        def index():
            return Item().allowed() and "yes"


        # here
        allowed = filter(lambda item: Item().allowed(), [1])
        """,
    "a table": """
        # here
        RULES = {"x": Item.allowed}
        """,
    "what goes over a list": """
        def check(x):
            return bool(request.form)


        # here
        allowed = filter(check, "x")
        """,
    "a task": """
        from celery import Celery

        tasks = Celery()


        # here
        @tasks.task
        def send():
            print(render_template("x"))
        """,
    "a callback of another package": """
        from unheard_of import Auth

        auth = Auth()


        # here
        @auth.verify_password
        def verify(name, password):
            return Item().allowed()
        """,
}


@pytest.mark.parametrize("code", RAISING.values(), ids=RAISING)
def test_a_line_raises(tmp_path: Path, code: str) -> None:
    """Where it cannot be awaited, or need not be one, there is a todo, and the line before raises; once."""
    after, found = ported(tmp_path, code)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    assert lines[lines.index("# here") + 1].startswith("raise NotImplementedError(")
    assert sum(line.startswith("raise ") for line in lines) == 1
    assert not found.is_complete

    found.files[0].path.write_bytes(found.files[0].after)
    again = port(tmp_path / "site.py")
    assert not again.files[0].is_changed
    assert [each for each in again.findings if each.level is Level.TODO]


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


WORKERS = {
    "Celery's tasks, by their class": """
        from celery import Task


        class InContext(Task):
            # here
            def __call__(self, *args):
                with app.app_context():
                    return self.run(*args)
        """,
    "jobs of rq": """
        from rq.decorators import job


        # here
        @job("low")
        def send():
            with app.app_context():
                print(1)
        """,
}


@pytest.mark.parametrize("code", WORKERS.values(), ids=WORKERS)
def test_a_worker_does_not_await(tmp_path: Path, code: str) -> None:
    """What a worker calls raises, and the report says to keep it sync."""
    after, found = ported(tmp_path, code)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    assert lines[lines.index("# here") + 1].startswith("raise NotImplementedError(")
    assert ["keep it sync, with `asyncio.run(...)`" in each.do for each in found.findings] == [True]


def test_a_template_under_a_computed_name_is_to_do(tmp_path: Path) -> None:
    """What may render a template that asks for the form is named with it; other templates need nothing."""
    (tmp_path / "templates").mkdir()
    page = tmp_path / "templates" / "page.html"
    code = (
        "from flask import Flask, render_template\n\napp = Flask(__name__)\n\n\n@app.get('/<name>')\ndef page(name):\n"
        "    return render_template('page.html') + render_template(name)\n"
    )
    (tmp_path / "site.py").write_text(code + "\n\ndef other(name):\n    return render_template(f'other/{name}.html')\n")

    page.write_text("{{ request.path }}")
    assert port(tmp_path).findings == ()

    page.write_text("{{ request.form['x'] }}")
    (found,) = port(tmp_path).findings
    assert (found.line, found.what, found.level) == (8, "render_template(name)", Level.TODO)
    assert "page.html" in found.why
    assert "request_form=await request.form" in found.do


CALLED_BY_OTHERS = {
    "a guard, which the project calls as well": """
        from unheard_of import ModelView


        class Page(ModelView):
            # here
            def is_accessible(self):
                return Item().allowed()


        class Admin(Page):
            # here
            def is_accessible(self):
                return super().is_accessible()
        """,
    "a hook that nothing here names": """
        from unheard_of import Worker


        class Job(Worker):
            # here
            def work(self):
                return Item().allowed()
        """,
}


@pytest.mark.parametrize("code", CALLED_BY_OTHERS.values(), ids=CALLED_BY_OTHERS)
def test_what_a_base_class_may_call_raises(tmp_path: Path, code: str) -> None:
    """A class of another package takes the coroutine of a method for a yes: the class is not made."""
    after, found = ported(tmp_path, code)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    places = [number for number, line in enumerate(lines) if line == "# here"]
    assert all(lines[number + 1].startswith("raise NotImplementedError(") for number in places)
    assert all("may call it" in each.why for each in found.findings)


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


TYPED = {
    "any type": "def check(item: typing.Any):\n    # here\n    return not item.allowed()\n",
    "an object": "def check(item: object):\n    # here\n    return not item.allowed()\n",
    "a list of them": "def check(items: list[Item]):\n    for item in items:\n        # here\n        item.allowed()\n",
}


@pytest.mark.parametrize("code", TYPED.values(), ids=TYPED)
def test_a_type_that_says_nothing_hides_nothing(tmp_path: Path, code: str) -> None:
    """``Any`` is no class of which the methods are known."""
    after, found = ported(tmp_path, "import typing\n\n\n" + code)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    assert lines[lines.index("# here") + 1].startswith("raise NotImplementedError(")
    assert not found.is_complete


ANNOTATED = {
    "or None": "def check(item: Item | None):\n    return await item.allowed()\n",
    "Optional": "from typing import Optional\n\n\ndef check(item: Optional[Item]):\n    return await item.allowed()\n",
    "in quotes": "def check(item: 'Item'):\n    return await item.allowed()\n",
    "of what is returned": (
        "from unheard_of import find\n\n\ndef get() -> 'Item | None':\n    return find()\n\n\n"
        "def check():\n    return await get().allowed()\n"
    ),
}


@pytest.mark.parametrize("code", ANNOTATED.values(), ids=ANNOTATED)
def test_annotations_say_what_is_awaited(tmp_path: Path, code: str) -> None:
    """Annotations name the classes of the project, as unions, options and text, too."""
    after, found = ported(tmp_path, code.replace("await ", ""))

    assert after.replace("async def", "def") == code
    assert found.is_complete


def test_a_lambda_in_place_of_an_async_function_is_to_do(tmp_path: Path) -> None:
    """A parameter that is an async function here and a lambda there is awaited: the lambda is named."""
    code = """
        def passes(test):
            return test(1)


        def index(item: Item):
            passes(lambda user: user == 1)
            passes(lambda user: item.allowed())
            passes(item.allowed)
        """
    after, found = ported(tmp_path, code)

    assert "return await test(1)" in after
    assert ("lambda user: user == 1", "Write it as an `async def` function") in [
        (each.what, each.do) for each in found.findings
    ]


def test_templates_of_quart_are_rendered_asynchronously(tmp_path: Path) -> None:
    """What is taken out of Jinja's environment by hand is async as well."""
    code = """
        from flask import current_app, get_template_attribute


        def page():
            template = current_app.jinja_env.get_template("x.html")
            macros = template.make_module({"a": 1})
            return macros.hello("x") + template.render(a=1) + app.jinja_env.from_string("x").render()


        def macro():
            return get_template_attribute("x.html", "hello")("x")
        """
    after, found = ported(tmp_path, code)

    assert 'macros = await template.make_module_async({"a": 1})' in after
    assert 'await template.render_async(a=1) + await app.jinja_env.from_string("x").render_async()' in after
    assert [each.what for each in found.findings] == [
        'template.make_module({"a": 1})',
        'get_template_attribute("x.html", "hello")',
    ]
    assert "make_module_async()" in found.findings[1].do


def test_a_wrapper_that_passes_a_coroutine_on_stays_sync(tmp_path: Path) -> None:
    """What else such a decorator stands above does not become async, nor do its callers; the async one is awaited."""
    code = """
        from functools import wraps


        def deprecated(message):
            def decorator(function):
                @wraps(function)
                def wrapper(*args):
                    print(message)
                    return function(*args)

                return wrapper

            return decorator


        def to_bytes(text):
            return bytes(text)


        to_text = deprecated("x")(to_bytes)


        @deprecated("x")
        def read(item: Item):
            return item.allowed()


        def index(item: Item):
            return read(item) and to_text("x")
        """
    after, found = ported(tmp_path, code)

    expected = dedent(code).lstrip("\n").replace("item.allowed()", "await item.allowed()")
    expected = expected.replace("return read(", "return await read(")
    assert after == expected.replace("def read", "async def read").replace("def index", "async def index")
    assert found.is_complete


def test_a_wrapper_above_a_view_becomes_async(tmp_path: Path) -> None:
    """Quart asks whether what it registers is async, before it calls it."""
    code = """
        def noted(function):
            def wrapper(*args):
                return function(*args)

            return wrapper


        @app.get("/")
        @noted
        def index():
            return "x"


        @noted
        def other():
            return "x"
        """
    after = ported(tmp_path, code)[0]

    assert "async def wrapper(*args):\n        return await function(*args)" in after


def test_a_request_is_known_in_a_method_of_whatever_class(tmp_path: Path) -> None:
    """A method that gets the request through an object of which nothing is known awaits what is to be awaited of it."""
    code = """
        from unheard_of import find


        class Plugin:
            def answer(self, req):
                return req.values.get("x")


        @app.get("/<name>")
        def index(name):
            # here
            return find(name).answer(request)
        """
    after, found = ported(tmp_path, code)

    assert 'return (await req.values).get("x")' in after
    assert [each.what for each in found.findings] == ["find(name).answer"]
    assert "    raise NotImplementedError('PORT: find(name).answer')\n" in after


def test_what_has_to_stay_sync_in_place_of_an_async_function_is_to_do(tmp_path: Path) -> None:
    """A parameter that is an async function here and one that cannot be async there."""
    code = """
        class Count:
            def __len__(self):
                return 1


        def use(function):
            return function() + 1


        def index(item: Item, count: Count):
            use(item.allowed)
            use(count.__len__)
        """
    found = ported(tmp_path, code)[1]

    assert [(each.what, each.do) for each in found.findings] == [("__len__", "Make both async, or give them two names")]


def test_a_hook_of_a_blueprint_of_unknown_origin_becomes_async(tmp_path: Path) -> None:
    """``blueprint.before_request(check)`` is what it says, whoever made the blueprint."""
    code = """
        def check():
            return None


        def noted(item: Item):
            return item.allowed()


        def add(plugin):
            blueprint = plugin.make()
            blueprint.before_request(check)
            blueprint.teardown_request(noted)
        """
    after, found = ported(tmp_path, code)

    assert "async def check():" in after
    assert found.is_complete
