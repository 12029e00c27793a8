"""The forms to register, log in and log out, with the words of the tutorial; and those to change an account."""

from __future__ import annotations

from collections.abc import Callable

from wtforms import BooleanField, EmailField, PasswordField, StringField, SubmitField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length, ValidationError

from quart_app.forms import PageForm

from .login import current_user
from .models import EMAIL_MAX, USERNAME_MAX, User
from .name_rules import check_email, check_username
from .password_rules import PASSWORD_MAX, PASSWORD_MIN, normalize_password, reason_against
from .throttle import TooManyAttempts
from .users import confirm_password, taken_fields

TAKEN = {
    "username": "Please use a different username.",
    "email": "Please use a different email address.",
}


def _stripped(text: str | None) -> str | None:
    return None if text is None else text.strip()


def _keeps(rule: Callable[[str], None]) -> Callable[[object, StringField], None]:
    """A validator for a rule that raises ValueError; nothing entered is for DataRequired to refuse."""

    def validate(_form: object, field: StringField) -> None:
        try:
            rule(field.data or "")
        except ValueError as error:
            raise ValidationError(str(error)) from error

    return validate


def _normalized(password: str | None) -> str | None:
    return None if password is None else normalize_password(password)


# Each form gets fields of its own: these make them.


def _email(label: str) -> EmailField:
    return EmailField(
        label,
        filters=[_stripped],
        validators=[DataRequired(), _keeps(check_email)],
        render_kw={"autocomplete": "email", "maxlength": EMAIL_MAX},
    )


def _current_password(label: str) -> PasswordField:
    return PasswordField(
        label,
        filters=[_normalized],
        validators=[InputRequired(), Length(max=PASSWORD_MAX)],
        render_kw={"autocomplete": "current-password"},
    )


def _new_password(label: str) -> PasswordField:
    return PasswordField(
        label,
        description=f"At least {PASSWORD_MIN} characters. A few words that nobody expects are easy to remember.",
        filters=[_normalized],
        validators=[InputRequired()],
        render_kw={"autocomplete": "new-password"},
    )


def _repeated_password(label: str) -> PasswordField:
    return PasswordField(
        label,
        filters=[_normalized],
        validators=[InputRequired(), EqualTo("password")],
        render_kw={"autocomplete": "new-password"},
    )


def _check_new_password(field: PasswordField, *, username: str | None, email: str | None) -> None:
    reason = reason_against(field.data or "", username=username or "", email=email or "")
    if reason is not None:
        raise ValidationError(reason)


class LoginForm(PageForm):
    """Username or email address, password, and whether to be remembered."""

    username = StringField(
        "Username",
        description="Or your email address.",
        filters=[_stripped],
        validators=[DataRequired(), Length(max=max(USERNAME_MAX, EMAIL_MAX))],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = _current_password("Password")
    remember_me = BooleanField("Remember Me")
    submit = SubmitField("Sign In")


class RegistrationForm(PageForm):
    """What an account is made of."""

    username = StringField(
        "Username",
        filters=[_stripped],
        validators=[DataRequired(), _keeps(check_username)],
        render_kw={
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": USERNAME_MAX,
        },
    )
    email = _email("Email")
    password = _new_password("Password")
    password2 = _repeated_password("Repeat Password")
    submit = SubmitField("Register")

    def validate_password(self, field: PasswordField) -> None:
        """Refuse what strangers try first."""
        _check_new_password(field, username=self.username.data, email=self.email.data)

    async def async_validators_username(self, field: StringField) -> None:
        """Refuse a name that somebody has."""
        await self._refuse_taken("username", field)

    async def async_validators_email(self, field: EmailField) -> None:
        """Refuse an address that somebody has."""
        await self._refuse_taken("email", field)

    async def _refuse_taken(self, name: str, field: StringField) -> None:
        # Asked again by the database when the user is added: this is only for seeing all errors at once.
        if field.errors or not field.data:
            return
        # It alone: the other one may be what PostgreSQL answers with an error.
        if name in await taken_fields(**{"username": "", "email": "", name: field.data}):
            raise ValidationError(TAKEN[name])

    def refuse(self, fields: frozenset[str]) -> None:
        """Show that these have been taken by somebody in the meantime."""
        for name in fields:
            field = self[name]
            field.errors = [*field.errors, TAKEN[name]]


class LogoutForm(PageForm):
    """Nothing but the button, and the token."""

    submit = SubmitField("Logout")


class CurrentPasswordForm(PageForm):
    """What has to be proved by the current password: that it is still the user who sits there."""

    current_password: PasswordField

    async def is_sent_by(self, user: User) -> bool:
        """Whether it was sent with everything right, the password of this user last: that costs a hash."""
        if not await self.validate_on_submit():
            return False
        try:
            right = await confirm_password(user, self.current_password.data or "")
        except TooManyAttempts as error:
            self.postpone(error)
            return False
        if not right:
            self.current_password.errors = [*self.current_password.errors, "This is not your password."]
        return right


class ReauthenticationForm(CurrentPasswordForm):
    """The password of the user who is logged in, once more."""

    current_password = _current_password("Password")
    submit = SubmitField("Confirm")


class PasswordChangeForm(CurrentPasswordForm):
    """The current password and another one."""

    current_password = _current_password("Current Password")
    password = _new_password("New Password")
    password2 = _repeated_password("Repeat New Password")
    submit = SubmitField("Change Password")

    def validate_password(self, field: PasswordField) -> None:
        """The rules are those of registration."""
        _check_new_password(field, username=current_user.username, email=current_user.email)


class EmailChangeForm(CurrentPasswordForm):
    """Another email address."""

    email = _email("New Email")
    current_password = _current_password("Current Password")
    submit = SubmitField("Change Email")

    def refuse_email(self) -> None:
        """Show that somebody else has it."""
        self.email.errors = [*self.email.errors, TAKEN["email"]]


class DeletionForm(CurrentPasswordForm):
    """Farewell."""

    current_password = _current_password("Current Password")
    submit = SubmitField("Delete Account")
