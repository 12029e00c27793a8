"""What is to be awaited is found: through classes, annotations, objects and templates."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.porter import port

from .one_file import ported

pytestmark = pytest.mark.quick

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


def test_another_key_of_a_table_is_another_value(tmp_path: Path) -> None:
    """A function in a dict is not what stands under another key; under its own, and a computed one, it is."""
    (tmp_path / "site.py").write_text(
        "from flask import request\n\n\ndef refresh():\n    return request.form.get('x')\n\n\n"
        "JOB = {'run': refresh, 'every': 30}\nKEY = 'run'\n\n\n"
        "def plan():\n    return int(JOB['every']), JOB.get('every', 5)\n\n\n"
        "def start():\n    return JOB['run'](), JOB[KEY]()\n"
    )

    after = port(tmp_path).files[0].after.decode()

    assert "def plan():\n    return int(JOB['every']), JOB.get('every', 5)\n" in after
    assert "return await JOB['run'](), await JOB[KEY]()" in after
