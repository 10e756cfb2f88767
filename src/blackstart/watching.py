"""What a person sees while a drill runs: the events and the observer's state, on a terminal or as plain lines."""

import threading
from types import TracebackType
from typing import Any, Self, TextIO

from blackstart.clock import Clock
from blackstart.observer.supervision import Observer
from blackstart.report.terminal import Progress

REFRESH_S = 0.25


class Watch:
    """Shows a drill on a stream. ``current`` is the phase shown now."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._progress = Progress(stream, clock)
        self._ended = threading.Event()
        self._follower: threading.Thread | None = None
        self.current = "before the drill"

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._follower is not None:
            self._follower.join()
        self._progress.__exit__(kind, error, trace)

    def phase(self, name: str) -> None:
        self.current = name
        self._progress.phase(name)

    def note(self, text: str) -> None:
        self._progress.note(text)

    def event(self, event: dict[str, Any]) -> None:
        """Show an event that says something to a person."""
        match event["event"]:
            case "activity_started":
                self.phase(event["name"])
            case "activity" if event["status"] == "failed":
                self.note(f"failed: {event['name']}: {event['error']}")
            case "interrupted":
                self.note("interrupted")
            case "observer" if event["state"] == "died":
                self.note(f"the observer died: {event['detail']}")

    def follow(self, observer: Observer) -> None:
        """Show the observer's state until the drill ends."""
        self._follower = threading.Thread(target=self._show, args=(observer,), name="watching", daemon=True)
        self._follower.start()

    def _show(self, observer: Observer) -> None:
        while not self._ended.wait(REFRESH_S):
            state = observer.state
            if state is not None:
                self._progress.observe(state)
