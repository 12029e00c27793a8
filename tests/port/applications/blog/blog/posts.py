from flask import Blueprint, abort, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask_login import current_user, login_required

from .database import get_db
from .decorators import admin_required, fields_required

bp = Blueprint("posts", __name__)


def find(id):
    post = get_db().execute("SELECT * FROM post WHERE id = ?", (id,)).fetchone()
    return post or abort(404)


def save(statement, *values):
    db = get_db()
    db.execute(statement, (request.form["title"], request.form.get("body", ""), *values))
    db.commit()


@bp.route("/")
def index():
    return render_template("posts/index.html", posts=get_db().execute("SELECT * FROM post").fetchall())


@bp.route("/create", methods=("GET", "POST"))
@login_required
@fields_required("title", back="posts.create")
def create():
    if request.method == "POST":
        save("INSERT INTO post (title, body, author) VALUES (?, ?, ?)", current_user.id)
        return redirect(url_for("posts.index"))
    return render_template("posts/form.html", post=None)


@bp.route("/<int:id>/update", methods=("GET", "POST"))
@login_required
def update(id):
    post = find(id)
    if post["author"] != current_user.id:
        abort(403)
    if request.method == "POST" and request.form.get("title"):
        save("UPDATE post SET title = ?, body = ? WHERE id = ?", id)
        return redirect(url_for("posts.index"))
    return render_template("posts/form.html", post=post)


@bp.route("/preview", methods=["POST"])
@login_required
def preview():
    data = request.get_json(silent=True) or request.form
    response = make_response(jsonify(title=data["title"].title(), debug=current_app.debug))
    response.headers["X-Preview"] = "1"
    return response


@bp.post("/<int:id>/delete")
@admin_required
def delete(id):
    find(id)
    get_db().execute("DELETE FROM post WHERE id = ?", (id,))
    get_db().commit()
    return "", 204
