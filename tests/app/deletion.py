"""An account that goes while somebody uses it."""

from __future__ import annotations

from sqlalchemy import delete

from quart_app.database import current_database
from quart_app.models.user import User


async def delete_user(user_id: int) -> None:
    """Delete the row of a user, as somebody at the database would; the foreign key deletes the logins."""
    async with current_database().session() as session:
        await session.execute(delete(User).where(User.id == user_id))
        await session.commit()
