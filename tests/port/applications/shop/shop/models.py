from flask_login import UserMixin

from . import db, login_manager


class Customer(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20), unique=True, nullable=False)


@login_manager.user_loader
def load(user_id):
    return db.session.get(Customer, int(user_id))
