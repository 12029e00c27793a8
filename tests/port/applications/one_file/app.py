"""The application of Flask-Login's README, grown a little."""

from urllib.parse import urlsplit

import flask
import flask_login
from flask import Flask, flash, get_flashed_messages, redirect, render_template_string, request, url_for
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user

app = Flask(__name__)
app.secret_key = "a secret of one file"
app.config["REMEMBER_COOKIE_HTTPONLY"] = True

login_manager = LoginManager()
login_manager.init_app(app)
login_manager.login_view = "login"

USERS = {"susan": "cat", "bob": "dog"}
PAGE = """
<title>{{ title }}</title>
{% for message in get_flashed_messages() %}<p class="message">{{ message }}</p>{% endfor %}
{% if current_user.is_authenticated %}<nav>{{ current_user.id }}</nav>{% endif %}
{{ body|shout }}
"""


class User(UserMixin):
    def __init__(self, name):
        self.id = name


@login_manager.user_loader
def load_user(name):
    if name in USERS:
        return User(name)


@login_manager.request_loader
def load_from_form(request):
    name = request.headers.get("X-Name")
    return User(name) if name in USERS else None


@app.template_filter("shout")
def shout(text):
    return text.upper()


def page(title, body=""):
    return render_template_string(PAGE, title=title, body=body)


def is_right(form):
    return USERS.get(form.get("name")) == form.get("password")


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return page("Log in", "name?")
    if not is_right(request.form):
        flash("Wrong name or password.")
        return page("Log in"), 401
    login_user(User(request.form["name"]), remember="remember" in request.form)
    target = request.args.get("next") or url_for("index")
    return redirect(target if not urlsplit(target).netloc else url_for("index"))


@app.route("/")
@login_required
def index():
    return page("Home", "hi, " + current_user.id)


@app.route("/fresh")
@flask_login.fresh_login_required
def fresh():
    return page("Fresh")


@app.route("/logout", methods=["POST"])
def logout():
    logout_user()
    flash("Bye.")
    return redirect(url_for("login"))


@app.errorhandler(404)
def missing(error):
    return page("Nothing here", flask.request.path), 404


@app.after_request
def add_header(response):
    response.headers["X-Frame-Options"] = "DENY"
    return response


if __name__ == "__main__":
    app.run(debug=True)
