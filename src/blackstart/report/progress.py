"""The live view of a drill: phase, elapsed time, every canary, the ledgers, the last events."""

import sys
from collections import deque
from collections.abc import Iterator, Mapping
from threading import Lock
from types import TracebackType
from typing import Any, Self, TextIO, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from blackstart.clock import Clock, SystemClock
from blackstart.report.quantities import NANOSECONDS, count, plain
from blackstart.report.stream import Patient
from blackstart.report.strip import Strips

LAST = 6
LOOKS = {"good": "green", "bad": "bold red", "silent": "yellow"}


class Progress:
    """What ``blackstart run`` shows while it works; every method may be called from any thread.

    On a terminal one view is redrawn in place; elsewhere there is one line with the elapsed seconds for each
    change, without escape codes. ``terminal`` None asks the stream. A stream that fails (a closed pipe) silences the
    view: it must never end a drill.
    """

    def __init__(self, stream: TextIO | None = None, clock: Clock | None = None, terminal: bool | None = None) -> None:
        self._stream = Patient(sys.stdout if stream is None else stream)
        self._clock = clock or SystemClock()
        self._terminal = self._stream.isatty() if terminal is None else terminal
        self._lock = Lock()
        self._started_ns = self._clock.now_ns()
        self._phase = "starting"
        self._state: Mapping[str, Any] = {}
        self._told: dict[str, str] = {}
        self._strips = Strips()
        self._notes: deque[str] = deque(maxlen=LAST)
        self._live: Live | None = None

    def __enter__(self) -> Self:
        self._started_ns = self._clock.now_ns()
        if self._terminal:
            console = Console(file=cast(TextIO, self._stream), force_terminal=True, highlight=False)
            self._live = Live(get_renderable=self.view, console=console, refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def phase(self, name: str) -> None:
        """Say which phase the drill is in now."""
        with self._lock:
            now = plain(name, 60)
            changed, self._phase = self._phase != now, now
        if changed:
            self.note(f"phase: {now}")

    def note(self, text: str) -> None:
        """Say what happened."""
        with self._lock:
            self._notes.append(f"{self.elapsed_s:6.1f} s  {plain(text, 200)}")
        self._line(plain(text, 400))

    def observe(self, state: Mapping[str, Any]) -> None:
        """Take the observer's latest state line: ``canaries`` and ``ledgers`` by name."""
        with self._lock:
            self._state = state
            lines = list(self._changes(state, self._strips.take(state)))
        for line in lines:
            self._line(line)

    @property
    def elapsed_s(self) -> float:
        return (self._clock.now_ns() - self._started_ns) / NANOSECONDS

    def view(self) -> RenderableType:
        """Return the live view as it stands."""
        with self._lock:
            phase, state, notes = self._phase, self._state, list(self._notes)
            canaries = _canaries(state, self._strips)
        head = Text.assemble(("● ", "cyan"), (phase, "bold"), (f"   {self.elapsed_s:.1f} s", "dim"))
        return Group(head, canaries, *_ledgers(state), *(Text(note, style="dim") for note in notes))

    def _changes(self, state: Mapping[str, Any], failed: Mapping[str, int]) -> Iterator[str]:
        """Yield a line for each canary whose state or server changed, or that failed for a moment in between."""
        for name, canary in (state.get("canaries") or {}).items():
            now = f"{canary.get('state')}{_by(canary)}"
            if self._told.get(name) != now:
                self._told[name] = now
                yield f"canary {plain(name, 60)}: {plain(now, 100)}{_counters(state)}"
            elif failed[name] and canary.get("state") == "good":
                yield f"canary {plain(name, 60)}: good again, {failed[name]} probes failed in between{_counters(state)}"

    def _line(self, text: str) -> None:
        if self._live is None and not self._terminal:
            with self._lock:
                self._stream.write(f"{self.elapsed_s:8.1f} s  {text}\n")
                self._stream.flush()


def _by(canary: Mapping[str, Any]) -> str:
    return f", served by {canary['served_by']}" if canary.get("served_by") else ""


def _counters(state: Mapping[str, Any]) -> str:
    found = [_counted(name, ledger) for name, ledger in (state.get("ledgers") or {}).items()]
    return f" ({'; '.join(found)})" if found else ""


def _counted(name: str, ledger: Mapping[str, Any]) -> str:
    parts = (f"{count(ledger.get(key))} {key}" for key in ("acknowledged", "unknown", "failed"))
    return f"{plain(name, 40)}: {', '.join(parts)}"


def _canaries(state: Mapping[str, Any], strips: Strips) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, canary in (state.get("canaries") or {}).items():
        word = plain(canary.get("state"), 20)
        latency = canary.get("latency_ms")
        table.add_row(
            Text(f"  {plain(name, 40)}"),
            Text(word, style=LOOKS.get(word, "")),
            Text(plain(canary.get("served_by") or "", 40)),
            Text("" if latency is None else f"{latency:.0f} ms", style="dim"),
            strips.of(name),
        )
    return table


def _ledgers(state: Mapping[str, Any]) -> list[Text]:
    return [Text(f"  {_counted(name, ledger)}") for name, ledger in (state.get("ledgers") or {}).items()]
