"""``make bench``: measures, and writes docs/benchmarks.md from what it measured."""

import argparse
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import document
from benchmarks.part import Part, Setting
from benchmarks.parts import PARTS
from benchmarks.results import DOCS, Results


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the named parts (or all), write the document, and return 1 when a bound of theirs does not hold."""
    given = arguments(argv)
    # A shell without job control has what it starts in the background ignore SIGINT, and children inherit that; but
    # SIGINT is how observers are ended.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    results = Results(given.docs)
    held = [measured(part, given.setting, results) for part in PARTS if part.name in (given.parts or names())]
    say(f"wrote {results.document}")
    return 0 if all(held) else 1


def measured(part: Part, setting: Setting, results: Results) -> bool:
    """Measure one part, store it, write the document again, and return whether all of its bounds hold."""
    began_s = time.monotonic()
    say(f"{part.name}: measuring (seed {setting.seed})")
    found = part.measure(setting)
    results.put(part.name, found, part.shape)
    document.write(results, PARTS)
    checks = part.checks(found)
    for check in checks:
        say(f"{'holds  ' if check.holds else 'MISSED '} {check.bound}: {check.figure}")
    say(f"{part.name}: {time.monotonic() - began_s:.0f} s")
    return all(check.holds for check in checks)


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(names())} (default: all)")
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes: its figures say nothing")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="draws the outages")
    parser.add_argument("--rounds", type=int, default=5, help="of the lab and of each drill (5)")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where to write")
    given = parser.parse_args(argv)
    if unknown := set(given.parts) - set(names()):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    if given.quick and given.docs == DOCS:
        parser.error("a quick run's figures belong in no document: give --docs DIR")
    given.setting = Setting(given.quick, given.seed, given.rounds)
    return given


def names() -> list[str]:
    return [part.name for part in PARTS]


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
