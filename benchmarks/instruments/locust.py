"""locust without its web page, from an environment of its own; what it saw is what its request event was told.

locust brings dozens of packages: ``tools/peers.sh`` keeps them out of blackstart's environment, in ``.peers``.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.ground_truth.script import LONGEST_S, SLO_S
from benchmarks.instruments.observer import Observer, Reply, Sight

FILE = "replies.jsonl"
LOCUSTFILE = Path(__file__).with_name("peers") / "locustfile.py"
HOME = Path(__file__).parents[2] / ".peers"
ROUND_S = 1.2 * SLO_S
"""Each user asks once in this time: by then its last answer has come or is given up."""


def locust(rate_per_s: int, home: Path = HOME) -> Observer:
    """Return locust at that rate, with as many users as it takes when none of them waits for another."""

    def command(url: str, folder: Path) -> list[str]:
        users = str(round(rate_per_s * ROUND_S))
        quiet = ["--headless", "--only-summary", "--loglevel", "ERROR", "--run-time", f"{LONGEST_S:.0f}s"]
        ours = ["--rate-per-s", str(rate_per_s), "--slo-s", f"{SLO_S:g}", "--replies", str(folder / FILE)]
        binary = str(home / "bin/locust")
        return [binary, "-f", str(LOCUSTFILE), "--host", url, "-u", users, "-r", users, *quiet, *ours]

    return Observer(f"locust, {rate_per_s}/s", command, FILE, sight, interrupted=True, absent=absent(home))


def absent(home: Path) -> str | None:
    """Return why locust cannot take part, if it cannot."""
    return None if (home / ".ready").exists() else "it is not installed: `bash tools/peers.sh` or `make bench` does it"


def sight(folder: Path) -> Sight:
    """Return what it logged, in the order in which it was told."""
    lines = list(_lines(folder / FILE))
    replies = sorted((Reply(line["told_s"], line["good"]) for line in lines), key=lambda reply: reply.told_s)
    return Sight(sorted(line["asked_s"] for line in lines), replies=replies)


def _lines(path: Path) -> Iterator[dict[str, float]]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.endswith("\n"))
