"""What a drill says while pytest runs it: its course into the captured output, an interruption to the terminal."""

from typing import Any, TextIO

import pytest

from blackstart.clock import Clock
from blackstart.watching import Watch


class Telling(Watch):
    """A watch whose one urgent word is not captured: that an interruption was heard, and what happens now."""

    def __init__(self, stream: TextIO, clock: Clock, config: pytest.Config) -> None:
        super().__init__(stream, clock)
        self._config = config

    def event(self, event: dict[str, Any]) -> None:
        """Show an event; an interruption also to whoever sits before the terminal."""
        super().event(event)
        if event["event"] == "interrupted":
            self._say(f"drill interrupted by {event['signal']}: putting things right, which is not cut short")

    def _say(self, text: str) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if terminal is None or capture is None:
            return
        with capture.global_and_fixture_disabled():
            terminal.write_line("")
            terminal.write_line(text, yellow=True)
