from pathlib import Path

import pytest
from chaoslib.exceptions import ActivityFailed

from blackstart import topology
from blackstart.clock import VirtualClock
from blackstart.platform.setting import Setting
from blackstart.safety import undo_log
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import Call, Intent
from tests.topology_data import topology_data


@pytest.fixture
def here(tmp_path: Path) -> Setting:
    return Setting(topology.parse(topology_data(), "t"), tmp_path, VirtualClock())


def turn(to: int, before: int, inverse: bool = True) -> Intent:
    call = Call("blackstart.actions.x.turn", {"to": to})
    back = Call("blackstart.actions.x.turn", {"to": before}) if inverse else None
    return Intent(call, "dial", "dial to n", "revertible", "recovery", "traffic", {"to": before}, back)


def entries(here: Setting) -> list[undo_log.Entry]:
    return undo_log.read(here.run_dir / undo_log.FILE)


def test_the_record_comes_before_the_act(here: Setting) -> None:
    seen: list[int] = []
    act(here, turn(1, 0), lambda: seen.append(len(entries(here))), lambda: "seen")
    assert seen == [1]


def test_an_act_that_raises_leaves_an_open_entry(here: Setting) -> None:
    def call() -> None:
        raise TimeoutError("no answer")

    with pytest.raises(ActivityFailed, match="dial to n: no answer"):
        act(here, turn(1, 0), call, lambda: "seen")
    (entry,) = entries(here)
    assert entry.open
    assert entry.failed == "no answer"


def test_an_act_that_is_not_proved_fails(here: Setting) -> None:
    def prove() -> str:
        raise NotProvedError("still 0")

    with pytest.raises(ActivityFailed, match="not proved: still 0"):
        act(here, turn(1, 0), lambda: None, prove)
    assert entries(here)[0].proved is False


def test_the_inverse_closes_what_it_puts_back_and_opens_nothing(here: Setting) -> None:
    act(here, turn(1, 0), lambda: None, lambda: "seen")
    act(here, turn(0, 1), lambda: None, lambda: "seen")
    assert [entry.open for entry in entries(here)] == [False, False]
    assert entries(here)[1].intent.role == "undo"


def test_an_inverse_that_is_not_proved_leaves_the_entry_open(here: Setting) -> None:
    act(here, turn(1, 0), lambda: None, lambda: "seen")

    def prove() -> str:
        raise NotProvedError("still 1")

    with pytest.raises(ActivityFailed):
        act(here, turn(0, 1), lambda: None, prove)
    assert entries(here)[0].open


def test_an_interruption_between_record_and_act_leaves_the_record(here: Setting) -> None:
    def call() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        act(here, turn(1, 0), call, lambda: "seen")
    assert entries(here)[0].open


def test_eventually_gives_the_last_reason_when_time_is_up(here: Setting) -> None:
    def check() -> str:
        raise NotProvedError("1 of 2 pods")

    with pytest.raises(NotProvedError, match=r"1 of 2 pods \(after 0.1 s\)"):
        eventually(here, check, within_s=0.1)


def test_nothing_is_done_that_cannot_be_recorded(here: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    full_disk(monkeypatch)
    with pytest.raises(ActivityFailed, match="not done, since it could not be recorded"):
        act(here, turn(1, 0), lambda: done.append(1), lambda: "seen")
    assert done == []


def test_what_puts_back_is_done_even_on_a_full_disk(here: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    act(here, turn(1, 0), lambda: None, lambda: "seen")
    full_disk(monkeypatch)
    act(here, turn(0, 1), lambda: done.append(0), lambda: "seen")
    assert done == [0]


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fsync)
