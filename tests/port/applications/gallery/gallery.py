"""Uploads, downloads, streams and forms by hand."""

import io
import os

from flask import (
    Flask,
    Response,
    after_this_request,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    send_from_directory,
    session,
    stream_with_context,
    url_for,
)
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from werkzeug.utils import secure_filename

login_manager = LoginManager()


class User(UserMixin):
    def __init__(self, id):
        self.id = id


class SignUp:
    """A form by hand: what was sent, and what is wrong with it."""

    def __init__(self, data):
        self.data = data
        self.errors = []

    @classmethod
    def from_request(cls):
        return cls(request.form.to_dict())

    def validate(self):
        self.errors = [f"{name} is missing" for name in ("name", "mail") if not self.data.get(name)]
        return not self.errors


@login_manager.user_loader
def load_user(user_id):
    return User(user_id)


def is_ours(name):
    return all(part not in name for part in ("..", "/"))


def render(name, **context):
    def with_defaults():
        return {"mail": "", "errors": [], **context}

    return render_template(name, **with_defaults())


def index():
    if (visits := session.get("visits", 0)) and "quiet" not in request.args:
        flash(f"Visit {visits}.")
    session["visits"] = visits + 1
    return render("sign_up.html", mail=request.values.get("mail", ""))


def sign_up():
    form = SignUp.from_request()
    if not form.validate():
        return render("sign_up.html", errors=form.errors), 400
    login_user(User(form.data["name"]))

    @after_this_request
    def greet(response):
        response.headers["X-Welcome"] = form.data["name"]
        return response

    return redirect(url_for("index"))


@login_required
def upload():
    file = request.files["picture"]
    name = secure_filename(file.filename)
    file.save(os.path.join(current_app.config["FOLDER"], name))
    return make_response(name, 201)


@login_required
def picture(name):
    if not is_ours(name):
        return "", 404
    return send_from_directory(current_app.config["FOLDER"], name)


@login_required
def me():
    return send_file(io.BytesIO(current_user.id.encode()), mimetype="text/plain")


def lines():
    def generate():
        for number in range(3):
            yield f"{number} {request.args['word']}\n"

    return Response(stream_with_context(generate()), mimetype="text/plain")


def stamp():
    g.stamp = "stamped"


def leave(response):
    response.headers["X-Stamp"] = g.stamp
    if response.mimetype == "text/html":
        response.set_data(response.get_data().replace(b"\n\n", b"\n"))
    return response


def create_app(folder):
    app = Flask(__name__)
    app.config.update(SECRET_KEY="gallery", FOLDER=str(folder))
    login_manager.init_app(app)
    app.before_request(stamp)
    app.after_request(leave)
    app.add_url_rule("/", view_func=index)
    app.add_url_rule("/", "sign_up", sign_up, methods=["POST"])
    app.add_url_rule("/pictures", view_func=upload, methods=["POST"])
    app.add_url_rule("/pictures/<name>", view_func=picture)
    app.add_url_rule("/me", view_func=me)
    app.add_url_rule("/lines", view_func=lines)
    return app
