"""A shop: Flask-SQLAlchemy, Flask-Migrate and Flask-Login, with a factory."""

from flask import Flask
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.record_queries import get_recorded_queries

db = SQLAlchemy()
migrate = Migrate()
login_manager = LoginManager()


def create_app(uri="sqlite:///shop.db"):
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "of this test"
    app.config["SQLALCHEMY_DATABASE_URI"] = uri
    app.config["SQLALCHEMY_RECORD_QUERIES"] = True
    db.init_app(app)
    migrate.init_app(app, db)
    login_manager.init_app(app)

    @app.after_request
    def count(response):
        response.headers["X-Queries"] = str(len(get_recorded_queries()))
        return response

    from .views import bp

    app.register_blueprint(bp)
    return app


from . import models  # noqa: E402, F401
