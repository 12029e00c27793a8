"""The forms of the user's own account. Each that is not reached by a link asks for the current password."""

from __future__ import annotations

from wtforms import PasswordField, SubmitField

from quart_app.accounts.authentication import confirm_password
from quart_app.accounts.login import current_user
from quart_app.accounts.password_rules import check_new_password
from quart_app.errors.problems import LimitReached
from quart_app.models.user import User

from .form_fields import current_password_field, email_field, errors_shown, new_password_field, repeated_password_field
from .mail_links import LinkForm
from .page_form import PageForm


class CurrentPasswordForm(PageForm):
    """A form with the current password, which proves that it is sent by the user."""

    current_password: PasswordField

    async def is_sent_by(self, user: User) -> bool:
        """Whether the form is valid. The password of this user is checked last, because that costs a hash."""
        if not await self.validate_on_submit():
            return False
        try:
            right = await confirm_password(user, self.current_password.data or "")
        except LimitReached as error:
            self.postpone(error)
            return False
        if not right:
            self.current_password.errors = [*self.current_password.errors, "This is not your password."]
        return right


class ReauthenticationForm(CurrentPasswordForm):
    """The form to confirm a login with the password."""

    current_password = current_password_field("Password")
    submit = SubmitField("Confirm")


class PasswordChangeForm(CurrentPasswordForm):
    """The form to change the password."""

    current_password = current_password_field("Current Password")
    password = new_password_field("New Password")
    password2 = repeated_password_field("Repeat New Password")
    submit = SubmitField("Change Password")

    def validate_password(self, field: PasswordField) -> None:
        """Apply the rules of registration."""
        with errors_shown():
            check_new_password(field.data or "", username=current_user.username, email=current_user.email)


class EmailChangeForm(CurrentPasswordForm):
    """The form to change the email address."""

    email = email_field("New Email")
    current_password = current_password_field("Current Password")
    submit = SubmitField("Change Email")


class ConfirmationForm(LinkForm):
    """The form to confirm an address by a link: a button."""

    submit = SubmitField("Confirm")


class DeletionForm(CurrentPasswordForm):
    """The form to delete the account."""

    current_password = current_password_field("Current Password")
    submit = SubmitField("Delete Account")
