"""httping, the ping for HTTP of the distributions; what it saw is what it printed."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.ground_truth.script import LONGEST_S, SLO_S
from benchmarks.instruments.observer import Observer, Reply, Sight
from benchmarks.instruments.wall import offset_s

FILE = "output"
LINE = re.compile(r"(?P<told_s>\d+\.\d{6}) ?(?P<says>\S.*)\n")
"""``-vv --ts`` puts the time of day before what it says; of a failure a second line has the time alone."""
ANSWER = re.compile(r"connected to .* time= *(?P<took_ms>[\d.]+) ms (?P<status>\d{3}) .*")


def httping(interval_s: float) -> Observer:
    """Return httping with that interval, which it keeps between an answer and the next request."""

    def command(url: str, folder: Path) -> list[str]:
        timing = ["-i", f"{interval_s:g}", "-t", f"{SLO_S:g}", "-c", f"{LONGEST_S / interval_s:.0f}"]
        # Its words are translated. Its JSON (-M) would be easier to read, but it crashes at the first failure.
        return ["env", "LC_ALL=C", "httping", "-g", url, "-G", "-s", "-vv", "--ts", *timing]

    return Observer(f"httping, {interval_s:g} s", command, FILE, sight, interrupted=True, absent=absent())


def absent() -> str | None:
    """Return why httping cannot take part, if it cannot."""
    return None if shutil.which("httping") else "it is not on the PATH: install the package `httping`"


def sight(folder: Path) -> Sight:
    """Return what it said of each request, each with the time that it printed (the request's end)."""
    offset = offset_s()
    replies = [Reply(told_s + offset, good) for told_s, good in said(folder / FILE)]
    return Sight([reply.told_s for reply in replies], replies=replies)


def said(path: Path) -> Iterator[tuple[float, bool]]:
    """Yield when each request ended (seconds since 1970), and whether it was good."""
    with path.open(encoding="utf-8") as file:
        for found in filter(None, map(LINE.fullmatch, file)):
            yield float(found["told_s"]), _good(found["says"])


def _good(says: str) -> bool:
    answer = ANSWER.fullmatch(says)
    return answer is not None and answer["status"] == "200" and float(answer["took_ms"]) <= SLO_S * 1000
