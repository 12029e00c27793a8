"""The message that the websocket sends, as a Pydantic model: ``asyncapi`` describes it by its schema."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

NAMES_SHOWN = 100
"""How many names a message holds. With all names, ten thousand people coming online would cost quadratic time."""


class Online(BaseModel):
    """Who is online."""

    count: Annotated[int, Field(ge=0, description="How many users are online.", examples=[2])]
    names: Annotated[
        list[str],
        Field(
            max_length=NAMES_SHOWN,
            description="The first of their names, in alphabetical order, ignoring case.",
            examples=[["henry", "susan"]],
        ),
    ]
