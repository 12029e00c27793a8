"""The command of a worker: looks at the settings, gets the listening sockets, and imports the rest.

The supervisor opens the sockets when the settings can be used. It does not look at them itself: it would have to import
Pydantic for that, which takes half as long as all that it does otherwise, and 13 MB as long as it runs.

The rest is imported with the garbage collector off, which takes a tenth less time: classes and functions that were just
imported are not garbage, but the collector looks through them again and again. The worker enables it when it serves
(see ``warm_up``).
"""

from __future__ import annotations

import argparse
import gc
import socket
import sys
from pathlib import Path

from hypercorn.config import Config

from quart_app.configuration import ConfigurationError, check_environment, read_settings

from .lifeline import CHECKED, receive_sockets


def main() -> int:
    """Serve until told to stop; return the exit status."""
    gc.disable()
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--listens-at", action="append", default=[])
    parser.add_argument("--lifeline", type=int, required=True)
    options = parser.parse_args()

    config = Config.from_toml(options.config)
    lifeline = socket.socket(fileno=options.lifeline)
    try:
        settings = read_settings()
        warning = check_environment(settings, listens_at=options.listens_at, has_certificate=config.ssl_enabled)
        if check_environment(settings) is not None:  # then the application warns of it
            warning = None
    except ConfigurationError as error:
        sys.stderr.write(f"python -m quart_app.serve: {error}\n")
        return 1
    lifeline.send(CHECKED)
    secure, insecure = ([f"fd://{each}" for each in group] for group in receive_sockets(lifeline))
    if not secure and not insecure:
        return 1  # without a supervisor
    config.bind, config.insecure_bind = (secure, insecure) if config.ssl_enabled else (insecure, [])

    from .worker import serve_until_told

    serve_until_told(config, settings, lifeline, warning=warning)
    return 0


if __name__ == "__main__":
    sys.exit(main())
