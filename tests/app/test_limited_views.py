"""Every view that takes a password declares a limit for network addresses."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, SecretStr
from wtforms import PasswordField

from quart_app.api import schemas
from quart_app.application import Application
from quart_app.defences.rate_limits import Limit, limit_of, limited
from quart_app.pages.page_form import PageForm


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the database is not used."""
    return migrated_sqlite_url


def kinds_of(base: type[Any]) -> Iterator[type[Any]]:
    """A class and all its subclasses."""
    yield base
    for kind in base.__subclasses__():
        yield from kinds_of(kind)


def form_takes_password(form: type[PageForm]) -> bool:
    """Whether a form has a password field."""
    kinds = [getattr(getattr(form, name, None), "field_class", None) for name in dir(form)]
    return any(kind is not None and issubclass(kind, PasswordField) for kind in kinds)


def model_takes_password(model: type[BaseModel]) -> bool:
    """Whether a body of the API has a secret field."""
    return (
        any(SecretStr in (field.annotation, *get_args(field.annotation)) for field in model.model_fields.values())
        and model.__module__ == schemas.__name__
    )


def taken_by(view: Callable[..., Any]) -> set[type[Any]]:
    """The forms that a view's code names, and the models in its signature."""
    view = inspect.unwrap(view)
    named = [view.__globals__.get(name) for name in view.__code__.co_names]
    typed = [view.__globals__.get(name) for name in inspect.get_annotations(view).values()]
    return {each for each in (*named, *typed) if isinstance(each, type)}


def take_passwords() -> set[type[Any]]:
    """All forms and models with a password."""
    return {form for form in kinds_of(PageForm) if form_takes_password(form)} | {
        model for model in kinds_of(BaseModel) if model_takes_password(model)
    }


async def test_every_password_is_limited(app: Application) -> None:
    """Each form and model with a password is used by views, and all of these declare a limit."""
    wanted, found = take_passwords(), set()
    for endpoint, view in app.view_functions.items():
        if taken := taken_by(view) & wanted:
            assert limit_of(view) is not None, f"{endpoint} takes a password: declare @limited(Limit.PASSWORDS)"
            found |= taken
    assert {kind.__name__ for kind in wanted - found} == set()
    assert {"LoginForm", "RegistrationForm", "DeletionForm", "Credentials", "Registration"} <= {
        kind.__name__ for kind in wanted
    }


async def test_accounts_have_a_limit_of_their_own(app: Application) -> None:
    """Views that register have the limit of registrations, all others that of passwords."""
    limits = {name: limit for name, view in app.view_functions.items() if (limit := limit_of(view)) is not None}
    assert {name for name, limit in limits.items() if limit is Limit.REGISTRATIONS} == {
        "accounts.register",
        "api.register",
    }


def test_the_mark_is_only_a_mark() -> None:
    """Declaring a limit returns the same function."""

    async def view() -> None:
        raise AssertionError

    assert limit_of(view) is None
    assert limited(Limit.PASSWORDS)(view) is view
    assert limit_of(view) is Limit.PASSWORDS
    assert limit_of(None) is None
