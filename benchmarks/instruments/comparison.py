"""One round: one script, which all observers meet in the same minutes, each at a server of its own.

At one and the same server, everybody's outstanding probes would be answered in the same instant when a stall ends, and
the observers would measure how they crowd each other out of the processor.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ground_truth.running import Running, running
from benchmarks.ground_truth.script import Planned
from benchmarks.ground_truth.truth import TrueOutage
from benchmarks.instruments.errors import compared
from benchmarks.instruments.observer import Observer, Sight
from benchmarks.instruments.using import used_s

APART_S = 0.25
"""Between the starts of the servers' scripts."""
BEGIN_WITHIN_S, END_WITHIN_S = 60.0, 60.0
ROOT = Path(__file__).parents[2]
CALM_AFTER_S = 4.5
"""After the last outage, so that everybody can see that it is over."""


@dataclass(frozen=True)
class Started:
    """An observer under way, and the server that it watches."""

    observer: Observer
    folder: Path
    process: subprocess.Popen[bytes]
    server: Running

    def begun(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.observer.name} has ended: {(self.folder / 'output').read_text()[-500:]}")
        return any(path.stat().st_size for path in self.folder.glob(self.observer.begun))


def play(script: Sequence[Planned], observers: Sequence[Observer], folder: Path) -> dict[str, Any]:
    """Return how each observer did against the same script, played by a server of its own, a moment after the last."""
    with ExitStack() as stack:
        started = [stack.enter_context(watching(observer, script, folder)) for observer in observers]
        wait(lambda: all(each.begun() for each in started), BEGIN_WITHIN_S)
        before = [used_s(each.process.pid) for each in started]
        began_s = time.monotonic()
        for each in started:
            each.server.go()
            time.sleep(APART_S)
        truths = [each.server.played() for each in started]
        time.sleep(CALM_AFTER_S)
        span_s = (began_s, time.monotonic())
        used = [used_s(each.process.pid) - then for each, then in zip(started, before, strict=True)]
        for each in started:
            end(each)
    found = {
        each.observer.name: _did(each.observer.sight(each.folder), truth, span_s, cpu_s)
        for each, truth, cpu_s in zip(started, truths, used, strict=True)
    }
    return {
        "seconds": round(span_s[1] - span_s[0], 1),
        "truth": [_true(*same) for same in zip(*truths, strict=True)],
    } | {"observers": found}


def _did(sight: Sight, truth: Sequence[TrueOutage], span_s: tuple[float, float], cpu_s: float) -> dict[str, Any]:
    probes = sum(span_s[0] <= at < span_s[1] for at in sight.probes_s)
    seconds = span_s[1] - span_s[0]
    return {
        "probes_per_s": round(probes / seconds, 2),
        "cpu_us_a_probe": round(cpu_s / max(1, probes) * 1e6),
        "core_share": round(cpu_s / seconds, 4),
        "rows": compared(truth, sight),
    }


def _true(*same: TrueOutage) -> dict[str, Any]:
    """Return one outage of the script as the servers had it."""
    lasted = [it.lasted_s for it in same]
    return {
        "mode": same[0].mode,
        "lasted_s": [round(min(lasted), 6), round(max(lasted), 6)],
        "switched_ms": max(map(_switched_ms, same)),
    }


def _switched_ms(outage: TrueOutage) -> float:
    """Return how long the server's longer switch took: how exactly the truth itself is known."""
    spans = (outage.began_ns, outage.ended_ns)
    return round(max(after - before for before, after in spans) / 1e6, 3)


@contextmanager
def watching(observer: Observer, script: Sequence[Planned], folder: Path) -> Iterator[Started]:
    """Yield the observer, started on a server of its own; leave neither behind."""
    own = folder / "".join(sign if sign.isalnum() else "-" for sign in observer.name)
    own.mkdir()
    with running(script, own) as server, (own / "output").open("wb") as output:
        command = observer.command(server.url, own)
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=ROOT)
        try:
            yield Started(observer, own, process, server)
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
