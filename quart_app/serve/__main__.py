"""The command ``python -m quart_app.serve``."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from hypercorn.config import Config

from quart_app.configuration import ConfigurationError, check_environment, read_settings

from .supervisor import Supervisor
from .unix_sockets import occupied


def main() -> int:
    """Serve until SIGTERM or Ctrl+C; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m quart_app.serve",
        description="Serve the application with Hypercorn. SIGTERM lets requests finish, SIGHUP replaces the workers.",
    )
    parser.add_argument("--config", type=Path, default=Path("hypercorn.toml"), help="Hypercorn's, in TOML")
    parser.add_argument("--bind", action="append", help="address to listen at, instead of the file's; may be repeated")
    parser.add_argument("--workers", type=int, help="how many, instead of the file's number")
    options = parser.parse_args()
    if sys.platform == "win32":
        parser.error(
            "The supervisor does not run on Windows, where workers inherit no sockets. Serve with one Hypercorn: "
            'hypercorn --config hypercorn.toml "quart_app:create_app()"'
        )

    config = Config.from_toml(options.config)
    config.bind = options.bind or config.bind
    workers = config.workers if options.workers is None else options.workers
    if workers < 1:
        parser.error("At least one worker is needed.")
    try:
        settings = read_settings()
        warning = check_environment(settings, listens_at=config.bind, has_certificate=config.ssl_enabled)
        # Of what the settings alone show, each worker warns.
        is_told_by_workers = check_environment(settings) is not None
    except ConfigurationError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 1
    if (address := occupied(config.bind)) is not None:
        parser.error(f"Cannot listen at {address}: another server does. Stop it, or choose another path with --bind.")
    config.workers = 1  # with more, Hypercorn lets any other program of ours listen at the same port
    try:
        sockets = config.create_sockets()
    except OSError as error:
        parser.error(f"Cannot listen at {', '.join(config.bind)}: {error}")
    with asyncio.Runner() as runner:
        if warning is not None and not is_told_by_workers:
            runner.run(config.log.warning("%s", warning))
        return runner.run(Supervisor(options.config, config, sockets, workers).run())


if __name__ == "__main__":
    sys.exit(main())
