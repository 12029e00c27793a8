"""The forms: quart_app's fields, each with its label, filters and validators, in forms of Flask-WTF."""

from __future__ import annotations

from typing import TypeVar, cast

from flask import g, request, session
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import EmailField, Field, PasswordField, StringField
from wtforms.fields.core import UnboundField
from wtforms.validators import ValidationError

from quart_app.accounts.password_rules import check_new_password
from quart_app.accounts.users import TAKEN
from quart_app.defences.session_keys import USER_ID
from quart_app.pages import account_forms as quart_account_forms
from quart_app.pages import login_forms as quart_forms
from quart_app.pages.form_fields import errors_shown

from .login import current_user
from .users import taken_fields

AnyField = TypeVar("AnyField", bound=Field)

protection = CSRFProtect()


def _same(field: UnboundField[AnyField]) -> AnyField:
    """A field of quart_app's: WTForms makes one of its own for each form from it."""
    return cast("AnyField", field)


class PageForm(FlaskForm):
    """A form on a page; a missing or outdated CSRF token is an error of the form, looked at before all others."""

    csrf_token: Field

    def __init__(self) -> None:
        # A login that is restored has another form token. Of a remember cookie whose login has ended Flask-Login leaves
        # the user's id in the session, where compat leaves nothing: a visitor's token would not be kept.
        if not current_user.is_authenticated and not g.has_session_login:
            session.pop(USER_ID, None)
        super().__init__(request.form if request.method == "POST" else None)

    def validate_on_submit(self, extra_validators: dict[str, object] | None = None) -> bool:
        """Whether it was sent, by our own page, and every field is right."""
        if request.method != "POST" or not self.csrf_token.validate(self):
            return False
        return bool(self.validate(extra_validators))

    @property
    def outdated(self) -> bool:
        """Whether it was sent without the token of this session."""
        return bool(self.csrf_token.errors)

    @property
    def status(self) -> int:
        """The status to show the form with."""
        return 403 if self.outdated else 200


class LoginForm(PageForm):
    """Username or email address, password, and whether to be remembered."""

    username = _same(quart_forms.LoginForm.username)
    password = _same(quart_forms.LoginForm.password)
    remember_me = _same(quart_forms.LoginForm.remember_me)
    submit = _same(quart_forms.LoginForm.submit)


class RegistrationForm(PageForm):
    """What an account is made of."""

    username = _same(quart_forms.RegistrationForm.username)
    email = _same(quart_forms.RegistrationForm.email)
    password = _same(quart_forms.RegistrationForm.password)
    password2 = _same(quart_forms.RegistrationForm.password2)
    submit = _same(quart_forms.RegistrationForm.submit)

    def validate_password(self, field: PasswordField) -> None:
        """Refuse what strangers try first."""
        with errors_shown():
            check_new_password(field.data or "", username=self.username.data or "", email=self.email.data or "")

    def validate_username(self, field: StringField) -> None:
        """Refuse a name that is taken."""
        self._refuse_taken("username", field)

    def validate_email(self, field: EmailField) -> None:
        """Refuse an address that is taken."""
        self._refuse_taken("email", field)

    def _refuse_taken(self, name: str, field: Field) -> None:
        if field.errors or not field.data:
            return
        if name in taken_fields(**{"username": "", "email": "", name: field.data}):
            raise ValidationError(TAKEN[name])

    def refuse(self, fields: frozenset[str]) -> None:
        """Show that these have been taken in the meantime."""
        for name in fields:
            field = self[name]
            field.errors = [*field.errors, TAKEN[name]]


class LogoutForm(PageForm):
    """Nothing but the button, and the token."""

    submit = _same(quart_forms.LogoutForm.submit)


class CurrentPasswordForm(PageForm):
    """What has to be proved by the current password."""

    current_password: PasswordField

    def refuse_password(self) -> None:
        """Show that the current password is another one."""
        self.current_password.errors = [*self.current_password.errors, "This is not your password."]


class ReauthenticationForm(CurrentPasswordForm):
    """The password of the user who is logged in, once more."""

    current_password = _same(quart_account_forms.ReauthenticationForm.current_password)
    submit = _same(quart_account_forms.ReauthenticationForm.submit)


class PasswordChangeForm(CurrentPasswordForm):
    """The current password and another one."""

    current_password = _same(quart_account_forms.PasswordChangeForm.current_password)
    password = _same(quart_account_forms.PasswordChangeForm.password)
    password2 = _same(quart_account_forms.PasswordChangeForm.password2)
    submit = _same(quart_account_forms.PasswordChangeForm.submit)

    def validate_password(self, field: PasswordField) -> None:
        """The rules are those of registration."""
        with errors_shown():
            check_new_password(field.data or "", username=current_user.username, email=current_user.email)
