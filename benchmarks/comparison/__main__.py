"""``python -m benchmarks.comparison``: whether quart_app and its twin are alike."""

from __future__ import annotations

import argparse
import sys

from .check import AnswersDiffer, check_applications, check_library


def main() -> None:
    """Compare, and print what was compared; exit with 1 at a difference."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparison", description=__doc__)
    parser.add_argument("--histories", type=int, default=60, help="random histories (60)")
    parser.add_argument("--seed", type=int, default=1, help="number of the first of them (1)")
    parser.add_argument("--library", action="store_true", help="run tests/parity as well")
    options = parser.parse_args()
    try:
        compared = check_applications(histories=options.histories, seed=options.seed)
        if options.library:
            check_library(compared)
    except AnswersDiffer as difference:
        sys.exit(f"NOT ALIKE\n{difference}")
    print(f"\nALIKE\n{compared}")


if __name__ == "__main__":
    main()
