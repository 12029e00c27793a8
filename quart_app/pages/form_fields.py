"""The fields of forms, with their rules. Each function makes a new field for one form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length, ValidationError

from quart_app.accounts.name_rules import check_email, check_username
from quart_app.accounts.password_rules import PASSWORD_MAX, PASSWORD_MIN, normalize_password
from quart_app.models.user import EMAIL_MAX, USERNAME_MAX

_USERNAME = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


def _stripped(text: str | None) -> str | None:
    return None if text is None else text.strip()


def _keeps(rule: Callable[[str], str]) -> Callable[[object, StringField], None]:
    """A validator that applies a rule. DataRequired refuses an empty field before it."""

    def validate(_form: object, field: StringField) -> None:
        with errors_shown():
            rule(field.data or "")

    return validate


def _normalized(password: str | None) -> str | None:
    return None if password is None else normalize_password(password)


def login_name_field(label: str) -> StringField:
    """A field for the username or email address at login."""
    return StringField(
        label,
        description="Or your email address.",
        filters=[_stripped],
        validators=[DataRequired(), Length(max=max(USERNAME_MAX, EMAIL_MAX))],
        render_kw=_USERNAME,
    )


def username_field(label: str) -> StringField:
    """A field for the username of a new account."""
    return StringField(
        label,
        filters=[_stripped],
        validators=[DataRequired(), _keeps(check_username)],
        render_kw={**_USERNAME, "maxlength": USERNAME_MAX},
    )


def email_field(label: str) -> EmailField:
    """A field for the email address of an account."""
    return EmailField(
        label,
        filters=[_stripped],
        validators=[DataRequired(), _keeps(check_email)],
        render_kw={"autocomplete": "email", "maxlength": EMAIL_MAX},
    )


def current_password_field(label: str) -> PasswordField:
    """A field for the current password."""
    return PasswordField(
        label,
        filters=[_normalized],
        validators=[InputRequired(), Length(max=PASSWORD_MAX)],
        render_kw={"autocomplete": "current-password"},
    )


def new_password_field(label: str) -> PasswordField:
    """A field for a new password. The form checks it, because the rules depend on the username and the address."""
    return PasswordField(
        label,
        description=f"At least {PASSWORD_MIN} characters. A few words that nobody expects are easy to remember.",
        filters=[_normalized],
        validators=[InputRequired()],
        render_kw={"autocomplete": "new-password"},
    )


def repeated_password_field(label: str) -> PasswordField:
    """A field to repeat the new password, in a form whose other field is ``password``."""
    return PasswordField(
        label,
        filters=[_normalized],
        validators=[InputRequired(), EqualTo("password")],
        render_kw={"autocomplete": "new-password"},
    )


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show the ValueError of a rule at the field."""
    try:
        yield
    except ValueError as error:
        raise ValidationError(str(error)) from error
