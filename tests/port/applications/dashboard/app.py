import os

import diskcache
from dash import Dash, DiskcacheManager, dcc, html, page_container
from flask import Flask, flash, redirect, render_template, request
from flask_login import LoginManager, current_user, login_required, login_user, logout_user

import users

server = Flask(__name__)
server.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "change me")

login_manager = LoginManager()
login_manager.init_app(server)
login_manager.login_view = "login"

users.create(susan="cat", bob="dog")


@login_manager.user_loader
def load_user(alternative_id):
    return users.find(alternative_id)


@server.before_request
def require_login():
    if request.endpoint == "login" or request.path.startswith("/assets/"):
        return None
    if not current_user.is_authenticated:
        return login_manager.unauthorized()
    return None


@server.route("/login", methods=["GET", "POST"])
def login():
    if current_user.is_authenticated:
        return redirect("/")
    if request.method == "POST":
        user = users.check(request.form["name"], request.form["password"])
        if user is not None:
            login_user(user)
            return redirect("/")
        flash("Wrong name or password.")
    return render_template("login.html")


@server.route("/logout", methods=["POST"])
@login_required
def logout():
    users.end_sessions(current_user)
    logout_user()
    return redirect("/login")


app = Dash(
    __name__,
    server=server,
    use_pages=True,
    suppress_callback_exceptions=True,
    background_callback_manager=DiskcacheManager(diskcache.Cache("cache")),
)


def layout():
    return html.Div(
        [
            html.Nav([dcc.Link("Home", href="/"), " ", dcc.Link("Reports", href="/reports")]),
            html.Form(html.Button("Log out"), method="post", action="/logout"),
            page_container,
        ]
    )


app.layout = layout

if __name__ == "__main__":
    app.run(debug=True)
