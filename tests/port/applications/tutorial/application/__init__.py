"""The application of the Flask-Login tutorial; what its text leaves open is filled in as simply as it goes on."""

from flask import Flask
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SECRET_KEY"] = "a key for learning"
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///:memory:"

db = SQLAlchemy(app)
login = LoginManager(app)
login.login_view = "log_in"

from application import models, routes  # noqa: E402, F401
