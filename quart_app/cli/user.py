"""``user``: create, close, open and confirm accounts, for operators. The rules are those of the pages."""

from __future__ import annotations

import sys

import click

from quart_app.accounts.addresses import confirm_email_of
from quart_app.accounts.changes import change_password
from quart_app.accounts.closing import activate_user, deactivate_user
from quart_app.accounts.name_rules import check_email, check_username
from quart_app.accounts.password_rules import check_new_password
from quart_app.accounts.users import UserExists, add_user, user_by_login
from quart_app.application import Application
from quart_app.models.user import User

from .tables import with_tables

password_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")


@click.group("user")
def group() -> None:
    """Create, close, open and confirm accounts. NAME is a username or an email address."""


@group.command()
@click.argument("name")
@click.argument("email")
@password_stdin
@with_tables
async def create(_app: Application, name: str, email: str, password_stdin: bool) -> None:
    """Create an account."""
    name, email = name.strip(), email.strip()
    try:
        check_username(name)
    except ValueError as error:
        raise click.ClickException(f"The username: {error}") from error
    try:
        check_email(email)
    except ValueError as error:
        raise click.ClickException(f"The email address: {error}") from error
    password = read_password(username=name, email=email, from_stdin=password_stdin)
    try:
        user = await add_user(username=name, email=email, password=password)
    except UserExists as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Created {user.username}, with the id {user.id}.")


@group.command()
@click.argument("name")
@with_tables
async def deactivate(_app: Application, name: str) -> None:
    """Close an account for use, and end all its logins."""
    user = await find_user(name)
    await deactivate_user(user.id)
    click.echo(f"{user.username} cannot log in any more. All logins have been ended.")


@group.command()
@click.argument("name")
@with_tables
async def activate(_app: Application, name: str) -> None:
    """Open an account again."""
    user = await find_user(name)
    await activate_user(user.id)
    click.echo(f"{user.username} can log in.")


@group.command()
@click.argument("name")
@password_stdin
@with_tables
async def set_password(_app: Application, name: str, password_stdin: bool) -> None:
    """Set a new password, and end all logins."""
    user = await find_user(name)
    password = read_password(username=user.username, email=user.email, from_stdin=password_stdin)
    await change_password(user, password)
    click.echo(f"{user.username} has a new password. All logins have been ended.")


@group.command()
@click.argument("name")
@with_tables
async def confirm(_app: Application, name: str) -> None:
    """Count the email address as confirmed, without a mail."""
    user = await find_user(name)
    await confirm_email_of(user.id)
    click.echo(f"{user.email} is the confirmed address of {user.username}.")


async def find_user(name: str) -> User:
    """The user with this username or email address.

    Raises:
        ClickException: there is no such user.
    """
    user = await user_by_login(name)
    if user is None:
        raise click.ClickException(f"There is no user {name!r}.")
    return user


def read_password(*, username: str, email: str, from_stdin: bool) -> str:
    """A new password for this user: never from the arguments, which every user of the host can see.

    Raises:
        ClickException: the password breaks a rule.
    """
    password: str
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        check_new_password(password, username=username, email=email)
    except ValueError as error:
        raise click.ClickException(f"The password: {error}") from error
    return password
