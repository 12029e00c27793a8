"""The rules for usernames and email addresses, used by pages and API alike.

Each function takes the stripped input and returns it, or raises ValueError with a sentence for the user.
"""

from __future__ import annotations

from collections.abc import Callable

from quart_app.models.user import EMAIL_MAX, USERNAME_MAX, email_key, username_key

from .look_alikes import has_invisible_characters, mixes_scripts

#: :func:`check_session_name` in JSON Schema, as far as possible: exact for ASCII.
SESSION_NAME_PATTERN = r"^[^\x00-\x20\x7F]+( [^\x00-\x20\x7F]+)*$"

#: :func:`check_username` in JSON Schema, as far as possible: exact for ASCII.
USERNAME_PATTERN = r"^[^\x00-\x20\x7F@]+( [^\x00-\x20\x7F@]+)*$"


def check_username(username: str) -> str:
    """Refuse names that people could not tell from others, and those that look like an address.

    Only new names are checked. An account whose name was accepted before keeps it, and is logged in to as always.
    """
    _check_length(username, username_key, USERNAME_MAX)
    if username != username.strip():
        raise ValueError("Leave out the spaces at the beginning and the end.")
    if has_invisible_characters(username):  # among them NUL, which PostgreSQL refuses
        raise ValueError("Use visible characters only: letters, digits, punctuation and single spaces.")
    # The key has other letters: some symbols are letters of another script there, such as the micro sign.
    if mixes_scripts(username) or mixes_scripts(username_key(username)):
        raise ValueError("Use letters and digits of one common alphabet only: those of others may look the same.")
    if "@" in username_key(username):
        raise ValueError("Use a name without @: with one it looks like an email address.")
    return username


def check_email(email: str) -> str:
    """Refuse invalid email addresses, and invisible characters, which some valid ones may have.

    Whether the mailbox exists is not checked.
    """
    _check_length(email, email_key, EMAIL_MAX)
    if has_invisible_characters(email):
        raise ValueError("Invalid email address.")
    import email_validator  # takes 25 ms

    try:
        email_validator.validate_email(email, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise ValueError("Invalid email address.") from error
    return email


def check_session_name(name: str) -> str:
    """Refuse names of logins that cannot be read in a list: the rules of usernames, without those of look-alikes."""
    if name != name.strip():
        raise ValueError("Leave out the spaces at the beginning and the end.")
    if not name or has_invisible_characters(name):
        raise ValueError("Use visible characters only: letters, digits, punctuation and single spaces.")
    return name


def _check_length(text: str, key: Callable[[str], str], longest: int) -> None:
    if not text:
        raise ValueError("This field is required.")
    # The key may be longer than the text, and its column has the same size. The length is checked first, because
    # normalizing 30,000 accents takes most of a second.
    if len(text) > longest or len(key(text)) > longest:
        raise ValueError(f"Field cannot be longer than {longest} characters.")
