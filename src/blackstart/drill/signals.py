"""Ctrl-C, SIGTERM, a closed terminal and an alarm: an interruption while the drill acts, a note while things are put
right.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
"""SIGALRM is how a test runner's time limit comes: its own handler would end the drill with nothing put right."""
NOTE = b"blackstart: putting things right; this is not cut short\n"


class Signals:
    """Turns the signals into ``KeyboardInterrupt``, until ``defer`` says that nothing may be cut short.

    ``received`` and ``during`` say which signal came first and in which phase.

    Chaos Toolkit's own handler raises an ordinary exception for SIGTERM, which any client library may swallow.
    """

    def __init__(self, phase: Callable[[], str] = lambda: "") -> None:
        self._phase = phase
        self.during: str | None = None
        self._deferred = False
        self.received: str | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle the signals until the end of the block."""
        before = {number: signal.getsignal(number) for number in HANDLED}
        self.install()
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def install(self) -> None:
        """(Re-)install the handlers: Chaos Toolkit puts its own in their place when it starts."""
        for number in HANDLED:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
                signal.signal(number, self._handle)

    def defer(self) -> None:
        """From now on only note signals: what is being put right must not be cut short."""
        self._deferred = True

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        first = self.received is None
        self.during = self._phase() if first else self.during
        self.received = self.received or signal.Signals(number).name
        if self._deferred:
            # No lock and no stream: the handler may have interrupted whoever holds them.
            os.write(2, NOTE)
        elif first:
            raise KeyboardInterrupt
