"""The command of a worker. It imports the worker with the garbage collector off, which takes a tenth less time.

Classes and functions that were just imported are no garbage, but the collector looks through them again and again. The
worker enables it when it serves (see ``warm_up``).
"""

from __future__ import annotations

import gc


def main() -> None:
    """Import the worker, and serve until told to stop."""
    gc.disable()
    from .worker import main as serve

    serve()


if __name__ == "__main__":
    main()
