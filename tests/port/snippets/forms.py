"""Forms of Flask-WTF."""

from __future__ import annotations

from .snippet import snippet

FORMS = [
    snippet(
        "forms of Flask-WTF are made and validated asynchronously",
        """
        from flask import Flask, render_template
        from flask_wtf import FlaskForm
        from wtforms import StringField

        app = Flask(__name__)


        class NameForm(FlaskForm):
            name = StringField()


        @app.route("/", methods=["GET", "POST"])
        def index():
            form = NameForm(name="x")
            if form.validate_on_submit():
                return form.name.data
            return render_template("x.html", form=form)
        """,
        """
        from quart import Quart, render_template
        from compat.forms import FlaskForm
        from wtforms import StringField

        app = Quart(__name__)


        class NameForm(FlaskForm):
            name = StringField()


        @app.route("/", methods=["GET", "POST"])
        async def index():
            form = await NameForm.create_form(name="x")
            if await form.validate_on_submit():
                return form.name.data
            return await render_template("x.html", form=form)
        """,
    ),
    snippet(
        "a form that is made by a method of its own is made there",
        """
        from flask import request
        from flask_wtf import FlaskForm


        class NameForm(FlaskForm):
            @classmethod
            def create_form(cls, name):
                return cls(name=name)


        def make():
            return NameForm(request.form)
        """,
        """
        from quart import request
        from compat.forms import FlaskForm


        class NameForm(FlaskForm):
            @classmethod
            def create_form(cls, name):
                return cls(name=name)


        async def make():
            return await NameForm.create_form(await request.form)
        """,
    ),
    snippet(
        "a form that validates itself is awaited, with or without its base",
        """
        from flask_wtf import FlaskForm


        class NameForm(FlaskForm):
            def validate(self, extra_validators=None):
                return super().validate(extra_validators) and self.name.data != "admin"


        class OpenForm(FlaskForm):
            def validate(self, extra_validators=None):
                return True
        """,
        """
        from compat.forms import FlaskForm


        class NameForm(FlaskForm):
            async def validate(self, extra_validators=None):
                return await super().validate(extra_validators) and self.name.data != "admin"


        class OpenForm(FlaskForm):
            async def validate(self, extra_validators=None):
                return True
        """,
    ),
]
