"""The edit that keeps Flask-SQLAlchemy on Quart, as docs/porting.md has it."""

from __future__ import annotations

KEPT = "Flask-SQLAlchemy is kept for now, with the lines that docs/porting.md has for it"
FLASK = "from flask_sqlalchemy import SQLAlchemy\n"
QUART = """\
import quart
from flask_sqlalchemy import SQLAlchemy, extension, pagination, session

extension.current_app = quart.current_app
pagination.request = quart.request
session.app_ctx = quart.g
"""
