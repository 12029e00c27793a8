"""A MongoDB that needs no server, for the recipes that connect to one."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import pytest

from .recipes import need


@pytest.fixture
def mongodb(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clients of PyMongo and Motor be mongomock-motor's, which keeps documents in memory.

    It lacks two things that Beanie 2.2 and ODMantic 1.1 use: arguments of ``list_collection_names`` that ask for less
    than all, and sessions.
    """
    in_memory: Any = need("mongomock_motor").AsyncMongoMockClient
    database = need("mongomock").Database

    class Client(in_memory):  # type: ignore[misc]  # untyped
        def __init__(self, _url: str) -> None:
            super().__init__()

        async def start_session(self) -> AbstractAsyncContextManager[None]:
            return nullcontext()

        async def close(self) -> None:
            pass

    list_names = database.list_collection_names

    def list_collection_names(mongo: Any, **_less: bool) -> Any:
        return list_names(mongo)

    monkeypatch.setattr(database, "list_collection_names", list_collection_names)
    monkeypatch.setattr(need("pymongo"), "AsyncMongoClient", Client)
    monkeypatch.setattr(need("motor.motor_asyncio"), "AsyncIOMotorClient", Client)
