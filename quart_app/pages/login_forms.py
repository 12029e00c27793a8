"""The forms to register, log in and log out, with the labels of the tutorial, and those for a forgotten password."""

from __future__ import annotations

from wtforms import BooleanField, EmailField, PasswordField, StringField, SubmitField
from wtforms.validators import ValidationError

from quart_app.accounts.password_rules import check_new_password
from quart_app.accounts.users import TAKEN, taken_fields
from quart_app.models.user import User

from .form_fields import (
    current_password_field,
    email_field,
    errors_shown,
    login_name_field,
    new_password_field,
    repeated_password_field,
    username_field,
)
from .mail_links import LinkForm
from .page_form import PageForm


class LoginForm(PageForm):
    """The form to log in."""

    username = login_name_field("Username")
    password = current_password_field("Password")
    remember_me = BooleanField("Remember Me")
    submit = SubmitField("Sign In")


class RegistrationForm(PageForm):
    """The form to create an account."""

    username = username_field("Username")
    email = email_field("Email")
    password = new_password_field("Password")
    password2 = repeated_password_field("Repeat Password")
    submit = SubmitField("Register")

    def validate_password(self, field: PasswordField) -> None:
        """Apply the rules for new passwords."""
        with errors_shown():
            check_new_password(field.data or "", username=self.username.data or "", email=self.email.data or "")

    async def async_validators_username(self, field: StringField) -> None:
        """Refuse a username that another user has."""
        await self._refuse_taken("username", field)

    async def async_validators_email(self, field: EmailField) -> None:
        """Refuse an address that another user has."""
        await self._refuse_taken("email", field)

    async def _refuse_taken(self, name: str, field: StringField) -> None:
        # The database checks again when the user is inserted: this shows all errors of the form at once.
        if field.errors or not field.data:
            return
        # Only this value: PostgreSQL might raise an error for the other one, such as for NUL.
        if name in await taken_fields(**{"username": "", "email": "", name: field.data}):
            raise ValidationError(TAKEN[name])

    def refuse(self, fields: frozenset[str]) -> None:
        """Show that these were taken meanwhile."""
        for name in fields:
            field = self[name]
            field.errors = [*field.errors, TAKEN[name]]


class ForgottenPasswordForm(PageForm):
    """The form to ask for a link to set a new password."""

    email = email_field("Email")
    submit = SubmitField("Send Link")


class NewPasswordForm(LinkForm):
    """The form to set a new password by a link.

    Attributes:
        user: who the link was sent to; None in a form that is not valid anyway.
    """

    user: User | None = None
    password = new_password_field("New Password")
    password2 = repeated_password_field("Repeat New Password")
    submit = SubmitField("Set Password")

    def validate_password(self, field: PasswordField) -> None:
        """Apply the rules of registration."""
        with errors_shown():
            username, email = ("", "") if self.user is None else (self.user.username, self.user.email)
            check_new_password(field.data or "", username=username, email=email)


class LogoutForm(PageForm):
    """The form to log out: a button and the CSRF token."""

    submit = SubmitField("Logout")
