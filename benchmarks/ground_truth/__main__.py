"""``python -m benchmarks.ground_truth SCRIPT TRUTH``: serve and break by a script; "go" on standard input starts it."""

import argparse
from pathlib import Path

import uvloop

from benchmarks.ground_truth import script
from benchmarks.ground_truth.server import serve

SPARE_S = 180.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ground_truth", description=__doc__)
    parser.add_argument("script", type=Path, help="JSON: a list of {mode, calm_s, lasts_s}")
    parser.add_argument("truth", type=Path, help="where to write what truly happened, a line an outage")
    given = parser.parse_args()
    planned = script.read(given.script)
    uvloop.run(serve(planned, given.truth, script.length_s(planned) + SPARE_S))


if __name__ == "__main__":
    main()
