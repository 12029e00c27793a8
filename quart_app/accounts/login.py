"""Who is logged in: the part that the whole application asks."""

from __future__ import annotations

from quart import session

from compat import LoginManager, login_user, logout_user

from .models import User
from .names import parse_user_id
from .users import user_by_id

login_manager: LoginManager[User] = LoginManager()
login_manager.login_view = "accounts.login"
login_manager.load_for_hooks = False  # ours, and our error pages, ask for nobody

current_user = login_manager.current_user
"""``compat.current_user``, known to be a :class:`User`."""


@login_manager.user_loader
async def load_user(user_id: str) -> User | None:
    """The user whose id a cookie holds. None is "no such user" and only that: faults are raised."""
    number = parse_user_id(user_id)
    return None if number is None else await user_by_id(number)


def start_login(user: User, *, remember: bool) -> bool:
    """Log in, in a session that has nothing from before: no other visitor's data and no known CSRF token.

    Returns:
        False if the account may not be used; nobody is logged in then.
    """
    session.clear()
    return login_user(user, remember=remember)


def end_login() -> None:
    """Log out, and leave nothing of the user in the session."""
    session.clear()
    logout_user()
