"""The command ``python -m quart_app.serve``."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from hypercorn.config import Config

from .supervisor import CannotListen, Supervisor


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

    try:
        config = Config.from_toml(options.config)
    except (OSError, ValueError) as error:  # it is missing, not readable, or not TOML
        parser.error(
            f"Cannot read {options.config}: {error}. Name a configuration of Hypercorn, in TOML, with --config; the "
            "repository has one, hypercorn.toml."
        )
    config.bind = options.bind or config.bind
    workers = config.workers if options.workers is None else options.workers
    if workers < 1:
        parser.error("At least one worker is needed.")
    with asyncio.Runner() as runner:
        try:
            return runner.run(Supervisor(options.config, config, workers).run())
        except CannotListen as error:
            parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
