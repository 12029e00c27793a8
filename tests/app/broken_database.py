"""A database that fails whatever is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest


@contextmanager
def broken(error: Exception) -> Iterator[None]:
    """A database that fails with this error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "quart_app.database.connection_limiter.ConnectionLimiter.__aenter__", mock.Mock(side_effect=error)
        )
        yield
