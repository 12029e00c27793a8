"""The forms of one's own account: each asks for the password that it has now."""

from __future__ import annotations

from wtforms import PasswordField, SubmitField

from quart_app.accounts.authentication import confirm_password
from quart_app.accounts.login import current_user
from quart_app.accounts.password_rules import check_new_password
from quart_app.accounts.throttle import TooManyAttempts
from quart_app.accounts.users import TAKEN
from quart_app.models.user import User

from .form_fields import current_password_field, email_field, errors_shown, new_password_field, repeated_password_field
from .page_form import PageForm


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

    current_password = current_password_field("Password")
    submit = SubmitField("Confirm")


class PasswordChangeForm(CurrentPasswordForm):
    """The current password and another one."""

    current_password = current_password_field("Current Password")
    password = new_password_field("New Password")
    password2 = repeated_password_field("Repeat New Password")
    submit = SubmitField("Change Password")

    def validate_password(self, field: PasswordField) -> None:
        """The rules are those of registration."""
        with errors_shown():
            check_new_password(field.data or "", username=current_user.username, email=current_user.email)


class EmailChangeForm(CurrentPasswordForm):
    """Another email address."""

    email = email_field("New Email")
    current_password = current_password_field("Current Password")
    submit = SubmitField("Change Email")

    def refuse_email(self) -> None:
        """Show that somebody else has it."""
        self.email.errors = [*self.email.errors, TAKEN["email"]]


class DeletionForm(CurrentPasswordForm):
    """Farewell."""

    current_password = current_password_field("Current Password")
    submit = SubmitField("Delete Account")
