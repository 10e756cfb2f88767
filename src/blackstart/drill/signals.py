"""Ctrl-C and SIGTERM: an interruption while the drill acts, a note while things are put right."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Signals:
    """Turns SIGINT and SIGTERM into ``KeyboardInterrupt``, until ``defer`` says that nothing may be cut short.

    Chaos Toolkit's own handler raises an ordinary exception for SIGTERM, which any client library may swallow.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._deferred = False
        self.received: str | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle both signals until the end of the block."""
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        self.install()
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def install(self) -> None:
        """(Re-)install the handlers: Chaos Toolkit puts its own in their place when it starts."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    def defer(self) -> None:
        """From now on only note signals: what is being put right must not be cut short."""
        self._deferred = True

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        first = self.received is None
        self.received = self.received or signal.Signals(number).name
        if self._deferred:
            self._note("putting things right; this is not cut short (kill -9 and `blackstart restore` would be)")
        elif first:
            raise KeyboardInterrupt
