from functools import wraps

from flask import abort, flash, redirect, request, url_for
from flask_login import current_user


def admin_required(view):
    @wraps(view)
    def wrapped(*args, **kwargs):
        if not current_user.is_authenticated or not current_user.is_admin:
            abort(403)
        return view(*args, **kwargs)

    return wrapped


def fields_required(*names, back):
    """Flash what is missing in the form, and go back."""

    def decorator(view):
        @wraps(view)
        def wrapped(**kwargs):
            missing = [name for name in names if request.method == "POST" and not request.form.get(name)]
            for name in missing:
                flash(f"{name} is missing.", "error")
            if missing:
                return redirect(url_for(back))
            return view(**kwargs)

        return wrapped

    return decorator
