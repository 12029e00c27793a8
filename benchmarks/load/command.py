"""Running a load generator on its core, for a time that has an end."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence

_GRACE = 30.0  # seconds to come to an end after the load should have


def run(command: Sequence[str], *, seconds: float, environment: Mapping[str, str], core: int | None) -> tuple[str, str]:
    """Run it; gives what it printed, and the command as one would type it.

    Raises:
        RuntimeError: it failed; with its words.
        subprocess.TimeoutExpired: it did not end; it has been killed.
    """
    pinned = ["taskset", "--cpu-list", str(core), *command] if core is not None else list(command)
    done = subprocess.run(  # noqa: S603 - our own command
        pinned,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds + _GRACE,
        check=False,
    )
    settings = (f"{name}={shlex.quote(value)}" for name, value in environment.items())
    shown = " ".join([*settings, shlex.join(pinned)])
    if done.returncode != 0:
        raise RuntimeError(f"{shown} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout, shown
