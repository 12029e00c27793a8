import os

from flask import Flask, render_template

from .extensions import login_manager


def create_app(config=None):
    app = Flask(__name__)
    app.config.from_mapping(SECRET_KEY="dev", DATABASE=os.path.join(app.instance_path, "blog.sqlite"))
    app.config.update(config or {})

    from . import auth, database, posts

    database.init_app(app)
    login_manager.init_app(app)
    app.register_blueprint(auth.bp)
    app.register_blueprint(posts.bp)
    register_errors(app)

    @app.context_processor
    def inject():
        return {"site_name": "Blog", "count": database.count_posts}

    return app


def register_errors(app):
    def forbidden(error):
        return render_template("error.html", text="Not yours."), 403

    app.register_error_handler(403, forbidden)

    @app.errorhandler(404)
    def missing(error):
        return render_template("error.html", text="Not here."), 404
