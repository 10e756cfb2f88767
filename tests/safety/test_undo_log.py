import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackstart.clock import VirtualClock
from blackstart.outcome import UsageError
from blackstart.safety import undo_log
from blackstart.safety.undo_log import Call, Intent, Plan, UndoLog

INTENT = Intent(
    call=Call("blackstart.actions.x.turn", {"to": 1}),
    subject="dial",
    target="dial",
    kind="revertible",
    role="recovery",
    layer="traffic",
    before={"to": 0},
    inverse=Call("blackstart.actions.x.turn", {"to": 0}),
)


@pytest.fixture
def log(tmp_path: Path) -> UndoLog:
    return UndoLog(tmp_path / "undo.jsonl", VirtualClock())


def test_an_entry_that_was_only_intended_is_open(log: UndoLog) -> None:
    log.intend(INTENT)
    (entry,) = undo_log.read(log.path)
    assert entry.open
    assert entry.intent == INTENT
    assert (entry.acted, entry.proved, entry.undone) == (False, None, False)


def test_a_failed_call_may_have_taken_effect_and_stays_open(log: UndoLog) -> None:
    log.failed(log.intend(INTENT), "timed out")
    (entry,) = undo_log.read(log.path)
    assert entry.open
    assert entry.failed == "timed out"


def test_undone_closes_an_entry_and_a_failed_undo_does_not(log: UndoLog) -> None:
    first, second = log.intend(INTENT), log.intend(INTENT)
    log.undo_failed(first, "no")
    log.undone(second, "seen")
    assert [entry.open for entry in undo_log.read(log.path)] == [True, False]


def test_the_record_is_on_disk_before_the_method_returns(log: UndoLog, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    log.intend(INTENT)
    assert len(synced) == 1


def test_numbers_go_on_in_a_later_process(log: UndoLog) -> None:
    log.intend(INTENT)
    assert UndoLog(log.path, VirtualClock()).intend(INTENT) == 2


def test_the_plan_is_found_again(log: UndoLog) -> None:
    plan = Plan("t.yaml", (Call("blackstart.actions.x.y", {"region": "standby"}),), True, None)
    log.plan(plan)
    log.intend(INTENT)
    assert undo_log.read_plan(log.path) == plan


def test_no_plan_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no plan"):
        undo_log.read_plan(tmp_path / "undo.jsonl")


@given(cut=st.integers(min_value=0, max_value=2000))
def test_a_log_cut_at_any_byte_never_invents_and_never_crashes(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = UndoLog(tmp_path_factory.mktemp("log") / "undo.jsonl", VirtualClock())
    log.acted(log.intend(INTENT), 1, 2)
    log.proved(1, "seen")
    log.undone(1, "back")
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:cut])
    lines = whole[:cut].count(b"\n")
    entries = undo_log.read(log.path)
    assert len(entries) == (1 if lines >= 1 else 0)
    if entries:
        assert entries[0].open == (lines < 4)


def test_what_comes_after_a_cut_line_is_readable(log: UndoLog) -> None:
    log.intend(INTENT)
    with log.path.open("a") as file:
        file.write('{"id": 1, "t": 5, "event": "act')
    later = UndoLog(log.path, VirtualClock())
    later.undone(later.intend(INTENT), "back")
    assert [entry.open for entry in undo_log.read(log.path)] == [True, False]


def test_a_broken_line_in_the_middle_is_for_a_person(log: UndoLog) -> None:
    log.intend(INTENT)
    log.path.write_text("{half\n" + log.path.read_text())
    with pytest.raises(UsageError, match=r"line 1 cannot be read"):
        undo_log.read(log.path)


def test_lines_are_plain_data(log: UndoLog) -> None:
    log.intend(INTENT)
    line = json.loads(log.path.read_text())
    assert line["inverse"] == {"action": "blackstart.actions.x.turn", "arguments": {"to": 0}}
