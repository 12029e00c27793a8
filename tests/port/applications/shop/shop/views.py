from flask import Blueprint, redirect, render_template_string, request
from flask_login import current_user, login_required, login_user
from sqlalchemy.exc import IntegrityError

from . import db
from .models import Customer

bp = Blueprint("shop", __name__)
PAGE = "{% for customer in page %}{{ customer.name }} {% endfor %}of {{ page.total }}"


@bp.route("/", methods=["GET", "POST"])
def customers():
    if request.method == "POST":
        customer = Customer(name=request.form["name"])
        db.session.add(customer)
        try:
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
            return "taken", 409
        login_user(customer)
        return redirect("/")
    page = db.paginate(db.select(Customer).order_by(Customer.id), per_page=2)
    return render_template_string(PAGE, page=page)


@bp.route("/customers/<int:number>")
def customer(number):
    return db.get_or_404(Customer, number).name


@bp.route("/shout", methods=["POST"])
@login_required
def shout():
    current_user.name = current_user.name.upper()
    db.session.commit()
    return current_user.name


@bp.route("/forget", methods=["POST"])
@login_required
def forget():
    """Change the user, and commit nothing."""
    current_user.name = "nobody"
    db.session.flush()
    return current_user.name
