import os
import signal

import pytest

from blackstart.drill.signals import Signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_interrupts_whatever_acts(number: signal.Signals) -> None:
    signals = Signals(lambda _: None)
    with signals.installed(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    assert signals.received == number.name


def test_a_second_signal_interrupts_nothing() -> None:
    signals = Signals(lambda _: None)
    with signals.installed():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert signals.received == "SIGINT"


def test_what_is_being_put_right_is_not_cut_short() -> None:
    notes: list[str] = []
    signals = Signals(notes.append)
    with signals.installed():
        signals.defer()
        os.kill(os.getpid(), signal.SIGINT)
    assert signals.received == "SIGINT"
    assert "putting things right" in notes[0]


def test_the_handlers_of_before_come_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Signals(lambda _: None).installed():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
