"""A user, logged in or not, without the pages of registration and login: what most tests begin with."""

from __future__ import annotations

from http.cookies import SimpleCookie
from inspect import signature
from typing import Any

from quart import Quart

from compat import load_user as load_current_user
from quart_app.accounts.login import start_login
from quart_app.accounts.users import add_user
from quart_app.models.user import User
from tests.app.visitor import PASSWORD, Visitor

#: What Quart 0.22 and Quart 0.23 call the context of a request.
_CONTEXT = "ctx" if "ctx" in signature(Quart.process_response).parameters else "request_context"


async def add_new_user(app: Quart, name: str = "susan") -> None:
    """Add a user with the address name@example.com; the mail that confirms it is in the queue."""
    async with app.app_context():
        await add_user(username=name, email=f"{name}@example.com", password=PASSWORD)


async def log_in_as_new_user(visitor: Visitor, name: str = "susan", *, email: str = "", remember: bool) -> None:
    """Add a user, and give the browser the cookies of :func:`log_in_as`.

    Arguments:
        visitor: the browser, which has no cookies.
        name: the name of the user.
        email: the address; by default the name at example.com.
        remember: whether the login is remembered.
    """
    async with visitor.app.app_context():
        user = await add_user(username=name, email=email or f"{name}@example.com", password=PASSWORD)
    await log_in_as(visitor, user, remember=remember)


async def log_in_as(visitor: Visitor, user: User, *, remember: bool) -> None:
    """Give the browser the cookies that it gets when this user logs in by the form.

    Arguments:
        visitor: the browser, which has no cookies.
        user: the user, who exists.
        remember: whether the login is remembered.
    """
    headers = {"User-Agent": visitor.agent, "Remote-Addr": "<local>"}  # as the test client's requests have
    async with visitor.app.test_request_context("/login", method="POST", headers=headers) as context:
        await load_current_user()
        assert await start_login(user, remember=remember)
        answer: Any = {"response": visitor.app.response_class(b""), _CONTEXT: context}
        response = await visitor.app.process_response(**answer)
    for header in response.headers.getlist("Set-Cookie"):
        for name, cookie in SimpleCookie(header).items():
            assert cookie.value, name
            visitor.client.set_cookie("localhost", name, cookie.value, path=cookie["path"])
