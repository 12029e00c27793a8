from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, fresh_login_required, login_required, login_user, logout_user
from werkzeug.security import check_password_hash, generate_password_hash

from .database import get_db
from .decorators import fields_required
from .models import User

bp = Blueprint("auth", __name__, url_prefix="/auth")
METHOD = "pbkdf2:sha256:1"  # quick, for the tests


def form_page(name, **context):
    return render_template(f"auth/{name}.html", **context)


@bp.before_app_request
def count_pages():
    session["pages"] = session.get("pages", 0) + 1


@bp.route("/register", methods=("GET", "POST"))
@fields_required("name", "password", back="auth.register")
def register():
    if request.method == "POST":
        name, password = request.form["name"], generate_password_hash(request.form["password"], METHOD)
        if User.find(name=name) is None:
            db = get_db()
            db.execute("INSERT INTO user (name, password, role) VALUES (?, ?, 'writer')", (name, password))
            db.commit()
            return redirect(url_for("auth.login"))
        flash(f"{name} is taken.")
    return form_page("register")


@bp.route("/login", methods=("GET", "POST"))
def login():
    if current_user.is_authenticated:
        return redirect(url_for("posts.index"))
    if request.method == "POST":
        user = User.find(name=request.form["name"])
        if user and check_password_hash(user.password, request.form["password"]):
            login_user(user, remember=bool(request.form.get("remember")))
            return redirect(request.args.get("next", url_for("posts.index")))
        flash("Wrong name or password.")
    return form_page("login", wrong=request.method == "POST")


@bp.route("/logout", methods=("POST",))
@login_required
def logout():
    logout_user()
    return redirect(url_for("posts.index"))


@bp.route("/password", methods=("GET", "POST"))
@fresh_login_required
def password():
    return "change it"
