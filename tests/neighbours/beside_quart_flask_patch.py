"""A program: ``compat`` and Flask-Mail in one application, with quart-flask-patch. Prints two answers."""

import quart_flask_patch  # noqa: F401, I001 - before everything else

import asyncio
from typing import Any

from flask_mail import Mail, Message
from quart import Quart

from compat import LoginClient, LoginManager, UserMixin, current_user, login_required


class User(UserMixin):
    id = "susan"


app = Quart("both")
app.secret_key = "only for this test"
app.config.update(MAIL_DEFAULT_SENDER="us@example.com", MAIL_SUPPRESS_SEND=True)
mail: Any = Mail(app)
login_manager = LoginManager[User](app)


@login_manager.user_loader
async def load(user_id: str) -> User:
    """Susan."""
    return User()


@app.get("/")
@login_required
async def index() -> str:
    """Send a mail to the user."""
    with mail.record_messages() as sent:
        mail.send(Message("Subject", [f"{current_user.get_id()}@example.com"], body="Text"))
    return str(sent[0].recipients[0])


async def main() -> None:
    """Visit the page as a stranger and as a user."""
    refused, accepted = await LoginClient(app).get("/"), await LoginClient(app, user=User()).get("/")
    print(refused.status_code, await accepted.get_data(as_text=True))


asyncio.run(main())
