"""A worker that only counts: one command a line on stdin, one answer a line on stdout."""

from __future__ import annotations

import sys
from pathlib import Path

from quart_app.operation.metrics import Metrics


def main() -> None:
    """Count until stdin ends."""
    metrics = Metrics()
    metrics.share_with_workers(Path(sys.argv[1]))
    for line in sys.stdin:
        if line == "count\n":
            metrics.count_request("GET", "/", 200, 0.01)
        elif line == "open\n":
            metrics.websockets_open.inc()
        written = metrics.as_text().decode()
        print(";".join(row for row in written.splitlines() if row[0] != "#"), flush=True)


if __name__ == "__main__":
    main()
