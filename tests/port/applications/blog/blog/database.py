import sqlite3

import click
from flask import current_app, g
from flask.cli import with_appcontext


def get_db():
    """One connection a request. SQLite lets no other thread use it."""
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
        g.db.row_factory = sqlite3.Row
    return g.db


def close_db(error=None):
    db = g.pop("db", None)
    if db is not None:
        db.close()


def count_posts():
    return get_db().execute("SELECT count(*) FROM post").fetchone()[0]


def init_db():
    with current_app.open_resource("schema.sql", mode="r") as file:
        get_db().executescript(file.read())


@click.command("init-db")
@with_appcontext
def init_db_command():
    """Make the tables anew."""
    init_db()
    click.echo("Done.")


def init_app(app):
    app.teardown_appcontext(close_db)
    app.cli.add_command(init_db_command)

    @app.cli.command("count")
    def count_command():
        click.echo(f"{count_posts()} posts")
