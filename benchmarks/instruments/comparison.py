"""One round: one server, one script, and all observers at once, so that each meets the very same outages."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ground_truth.running import running
from benchmarks.ground_truth.script import Planned
from benchmarks.ground_truth.truth import TrueOutage
from benchmarks.instruments.errors import compared
from benchmarks.instruments.observer import Observer
from benchmarks.instruments.using import used_s

BEGIN_WITHIN_S, END_WITHIN_S = 60.0, 60.0
ROOT = Path(__file__).parents[2]
CALM_AFTER_S = 4.5
"""After the last outage, so that everybody can see that it is over."""


@dataclass(frozen=True)
class Started:
    """An observer under way, and what it had used when the script began."""

    observer: Observer
    folder: Path
    process: subprocess.Popen[bytes]

    def begun(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.observer.name} has ended: {(self.folder / 'output').read_text()[-500:]}")
        return any(path.stat().st_size for path in self.folder.glob(self.observer.begun))


def play(script: Sequence[Planned], observers: Sequence[Observer], folder: Path) -> dict[str, Any]:
    """Return what truly happened, and how each observer did."""
    with running(script, folder) as server, ExitStack() as stack:
        started = [stack.enter_context(watching(observer, server.url, folder)) for observer in observers]
        wait(lambda: all(each.begun() for each in started), BEGIN_WITHIN_S)
        before = {each.observer.name: used_s(each.process.pid) for each in started}
        began_s = time.monotonic()
        server.go()
        outages = server.played()
        time.sleep(CALM_AFTER_S)
        ended_s = time.monotonic()
        used = {each.observer.name: used_s(each.process.pid) - before[each.observer.name] for each in started}
        for each in started:
            end(each)
    seconds = ended_s - began_s
    found = {}
    for each in started:
        sight = each.observer.sight(each.folder)
        probes = sum(began_s <= at < ended_s for at in sight.probes_s)
        found[each.observer.name] = {
            "probes_per_s": round(probes / seconds, 2),
            "cpu_us_a_probe": round(used[each.observer.name] / max(1, probes) * 1e6),
            "core_share": round(used[each.observer.name] / seconds, 4),
            "rows": compared(outages, sight),
        }
    truth = [
        {
            "mode": it.mode,
            "at_s": round(it.began_s - began_s, 3),
            "lasted_s": it.lasted_s,
            "switched_ms": _switched_ms(it),
        }
        for it in outages
    ]
    return {"seconds": round(seconds, 1), "truth": truth, "observers": found}


def _switched_ms(outage: TrueOutage) -> float:
    """Return how long the server's longer switch took: how exactly the truth itself is known."""
    spans = (outage.began_ns, outage.ended_ns)
    return round(max(after - before for before, after in spans) / 1e6, 3)


@contextmanager
def watching(observer: Observer, url: str, folder: Path) -> Iterator[Started]:
    """Yield the observer, started; leave none behind."""
    own = folder / "".join(sign if sign.isalnum() else "-" for sign in observer.name)
    own.mkdir()
    with (own / "output").open("wb") as output:
        process = subprocess.Popen(
            observer.command(url, own), stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=ROOT
        )
    try:
        yield Started(observer, own, process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def end(started: Started) -> None:
    """Let an observer end in order."""
    if started.observer.interrupted:
        started.process.send_signal(signal.SIGINT)
    assert started.process.stdin is not None
    started.process.stdin.close()
    started.process.wait(END_WITHIN_S)


def wait(until: Callable[[], bool], longest_s: float) -> None:
    limit_s = time.monotonic() + longest_s
    while not until():
        if time.monotonic() > limit_s:
            raise RuntimeError("an observer has not begun in time")
        time.sleep(0.05)
