"""Two and four workers on PostgreSQL and Redis, what they share, and a model of ten million users.

    python -m benchmarks.scale                          # about six minutes; needs two cores, wrk, PostgreSQL,
                                                        # PgBouncer and Redis
    python -m benchmarks.scale --rounds 1 --seconds 1   # to see that it works
    python -m benchmarks.scale --report FILE            # the tables of what was measured before
    python -m benchmarks.scale --to docs/scale --page docs/scale.md   # and write them into the page

It writes ``scale.json`` to ``--to``, and prints the tables.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from benchmarks.measurement.postgresql import NotInstalled

from .figures import Figures, read_figures
from .measure import measure
from .report import as_markdown, update_page


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7, help="turns of each row (7)")
    parser.add_argument("--seconds", type=float, default=3.0, help="that a turn lasts (3)")
    parser.add_argument("--to", type=Path, default=Path("scale-results"), help="a folder (scale-results)")
    parser.add_argument("--report", type=Path, metavar="JSON", help="measure nothing; show the tables of these results")
    parser.add_argument("--page", type=Path, metavar="MARKDOWN", help="a page whose tables are replaced")
    options = parser.parse_args()
    if options.report:
        _show(read_figures(options.report), options.page)
        return
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt-get install wrk")
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:4.0f} s] {text}", flush=True)

    command = " ".join(["python -m benchmarks.scale", *sys.argv[1:]])
    try:
        figures = measure(command, rounds=options.rounds, seconds=options.seconds, say=say)
    except NotInstalled as reason:
        sys.exit(str(reason))
    options.to.mkdir(parents=True, exist_ok=True)
    figures.write(options.to / "scale.json")
    say(f"written: {options.to / 'scale.json'}")
    _show(figures, options.page)


def _show(figures: Figures, page: Path | None) -> None:
    print(as_markdown(figures))
    if page is not None:
        page.write_text(update_page(page.read_text(), figures))


if __name__ == "__main__":
    main()
