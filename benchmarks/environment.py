"""The environment variables of both applications: all settings that must not depend on the machine's environment."""

from __future__ import annotations

from pathlib import Path

#: A hash that costs next to nothing, for what is not about hashing.
CHEAP_HASH = "pbkdf2:sha256:1"


def application_environment(instance: Path, *, secret_key: str, password_method: str = CHEAP_HASH) -> dict[str, str]:
    """The environment of an application whose data are in a folder."""
    return {
        "ENVIRONMENT": "development",
        "INSTANCE_PATH": str(instance),
        "SECRET_KEY": secret_key,
        "PASSWORD_METHOD": password_method,
        # All load comes from one address, and logins wait in a queue instead of being refused, as at the twin.
        "ADDRESS_LIMITS": "false",
        "LOGIN_ATTEMPTS": "1000000",
        "PASSWORD_QUEUE": "1000",
        "WAITING_TIME": "60",
        "LOG_LEVEL": "WARNING",  # the twin writes no access log, and many servers cannot
    }
