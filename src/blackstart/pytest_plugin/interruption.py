"""Ctrl-C, ``kill`` and time limits: a drill is put right, and then nothing more is run."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from blackstart.pytest_plugin import gameday, marker
from blackstart.pytest_plugin.gameday import GameDay

ORDERLY = (signal.SIGTERM, signal.SIGHUP)
"""Signals that would end pytest on the spot, and leave a drill or a lab behind."""


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Let ``kill`` end the session as Ctrl-C does, while there is something to stop."""
    with _orderly(gameday.of(session.config)):
        return (yield)


@contextmanager
def _orderly(day: GameDay) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        shared = day.shared
        if day.has_drills or (shared.used and (shared.started_lab or shared.whose_turn())):
            raise KeyboardInterrupt
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    taken = [number for number in ORDERLY if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Await the turn to drill before any time limit starts to count; stop the session after a drill that was halted."""
    if item.get_closest_marker(marker.NAME) is None:
        return (yield)
    shared = gameday.of(item.config).shared
    with shared.turn():
        done = yield
    halted = shared.halted
    if halted is not None:
        item.session.shouldstop = halted.reason
    return done


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> Any:
    """Limit a drill's time by a signal, whatever was asked for: the thread method ends the process in mid-drill."""
    if item.get_closest_marker(marker.NAME) is None or settings.method == "signal":
        return None
    return item.config.hook.pytest_timeout_set_timer(item=item, settings=settings._replace(method="signal"))
