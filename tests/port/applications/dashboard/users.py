"""The users, in SQLite. Flask-Login's alternative ids: a new one at each logout ends all sessions of the user."""

import secrets
import sqlite3

from flask_login import UserMixin
from werkzeug.security import check_password_hash, generate_password_hash

DATABASE = "users.sqlite"


class User(UserMixin):
    def __init__(self, name, alternative_id):
        self.name = name
        self.alternative_id = alternative_id

    def get_id(self):
        return self.alternative_id


def connect():
    return sqlite3.connect(DATABASE)


def create(**passwords):
    with connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS users (name PRIMARY KEY, password, alternative_id UNIQUE)")
        for name, password in passwords.items():
            row = (name, generate_password_hash(password), secrets.token_urlsafe())
            connection.execute("INSERT OR IGNORE INTO users VALUES (?, ?, ?)", row)


def find(alternative_id):
    row = connect().execute("SELECT name FROM users WHERE alternative_id = ?", (alternative_id,)).fetchone()
    return User(row[0], alternative_id) if row else None


def check(name, password):
    row = connect().execute("SELECT password, alternative_id FROM users WHERE name = ?", (name,)).fetchone()
    return User(name, row[1]) if row and check_password_hash(row[0], password) else None


def end_sessions(user):
    with connect() as connection:
        row = (secrets.token_urlsafe(), user.name)
        connection.execute("UPDATE users SET alternative_id = ? WHERE name = ?", row)
