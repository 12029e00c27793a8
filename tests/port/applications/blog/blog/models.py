from flask_login import UserMixin

from .database import get_db
from .extensions import login_manager


class User(UserMixin):
    def __init__(self, row):
        self.id, self.name, self.password, self.role = row["id"], row["name"], row["password"], row["role"]

    @classmethod
    def find(cls, **where):
        (column, value), *_ = where.items()
        row = get_db().execute(f"SELECT * FROM user WHERE {column} = ?", (value,)).fetchone()
        return cls(row) if row else None

    @property
    def is_admin(self):
        return self.role == "admin"


@login_manager.user_loader
def load_user(user_id):
    return User.find(id=int(user_id))
