import os
import signal
from collections.abc import Iterator

import pytest

from blackstart.drill.signals import Signals


@pytest.fixture(autouse=True)
def _a_terminal_that_can_hang_up() -> Iterator[None]:
    """Whoever runs the tests under nohup has them start with SIGHUP ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_interrupts_whatever_acts(number: signal.Signals) -> None:
    signals = Signals()
    with signals.installed(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    assert signals.received == number.name


def test_under_nohup_a_hangup_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals = Signals()
    with signals.installed():
        os.kill(os.getpid(), signal.SIGHUP)
    assert signals.received is None
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_second_signal_interrupts_nothing() -> None:
    signals = Signals()
    with signals.installed():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert signals.received == "SIGINT"


def test_what_is_being_put_right_is_not_cut_short(capfd: pytest.CaptureFixture[str]) -> None:
    signals = Signals()
    with signals.installed():
        signals.defer()
        os.kill(os.getpid(), signal.SIGINT)
    assert signals.received == "SIGINT"
    assert "putting things right" in capfd.readouterr().err


def test_the_handlers_of_before_come_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Signals().installed():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
