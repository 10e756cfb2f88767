"""In which order things are put right. What each step does is shown in the lab."""

from pathlib import Path
from typing import Any

import pytest

from blackstart import topology
from blackstart.clock import VirtualClock
from blackstart.drill import restoration
from blackstart.platform.aurora import GlobalDatabase
from blackstart.platform.setting import Setting
from blackstart.safety import undo_log
from blackstart.safety.undo_log import Call, Intent, Plan, UndoLog
from tests.topology_data import topology_data

RUNBOOK = (Call("blackstart.actions.database.promote_database", {}), Call("blackstart.actions.records.point", {}))


class System:
    """Stands where the actions and the checks would reach out; records what is called, fails what it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.called: list[str] = []
        self.fails: set[str] = set()
        self.writer = "eu-west-1"
        monkeypatch.setattr(restoration, "call", self._call)
        monkeypatch.setattr(restoration, "_eventually", lambda *_: [])
        monkeypatch.setattr(restoration.aurora, "describe", self._describe)

    def _call(self, step: Call, _: dict[str, Any]) -> None:
        name = step.action.rpartition(".")[2]
        self.called.append(name)
        if name in self.fails:
            raise TimeoutError("no answer")

    def _describe(self, *_: object) -> GlobalDatabase:
        return GlobalDatabase("available", None, self.writer, (), {})


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    return System(monkeypatch)


@pytest.fixture
def here(tmp_path: Path) -> Setting:
    log = UndoLog(tmp_path / undo_log.FILE, VirtualClock())
    log.plan(Plan("t.yaml", RUNBOOK, True, None))
    return Setting(topology.parse(topology_data(), "t"), tmp_path, VirtualClock())


def did(here: Setting, name: str, layer: Any, proved: bool = True) -> None:
    log = UndoLog(here.run_dir / undo_log.FILE, VirtualClock())
    kind: Any = "forward_only" if layer == "data" else "revertible"
    inverse = Call(f"blackstart.actions.x.un{name}", {})
    before = {"writer": "eu-west-1"}
    number = log.intend(
        Intent(Call(f"blackstart.actions.x.{name}", {}), name, kind, "recovery", layer, before, inverse)
    )
    if proved:
        log.proved(number, "seen")


def test_nothing_done_is_nothing_to_undo(system: System, here: Setting) -> None:
    assert restoration.restore(here, {}, lambda _: None).state == "restored"
    assert system.called == []


def test_before_a_promotion_everything_is_reverted_faults_first(system: System, here: Setting) -> None:
    did(here, "fault", "fault")
    did(here, "scale", "capacity")
    did(here, "dial", "traffic")
    assert restoration.restore(here, {}, lambda _: None).state == "restored"
    assert system.called == ["unfault", "undial", "unscale"]
    assert not any(entry.open for entry in undo_log.read(here.run_dir / undo_log.FILE))


def test_after_a_promotion_the_failover_is_completed_and_held(system: System, here: Setting) -> None:
    did(here, "fault", "fault")
    did(here, "promote", "data")
    did(here, "scale", "capacity")
    result = restoration.restore(here, {}, lambda _: None)
    assert result == restoration.Restoration("holding", ("failback",))
    assert system.called == ["unfault", "promote_database", "point"]


@pytest.mark.parametrize(("writer", "state"), [("eu-west-1", "restored"), ("eu-central-1", "holding")])
def test_a_promotion_of_which_the_log_knows_no_end_is_asked_of_the_service(
    system: System, here: Setting, writer: str, state: str
) -> None:
    did(here, "promote", "data", proved=False)
    system.writer = writer
    assert restoration.restore(here, {}, lambda _: None).state == state


def test_one_undo_that_fails_does_not_spare_the_others(system: System, here: Setting) -> None:
    did(here, "fault", "fault")
    did(here, "dial", "traffic")
    system.fails = {"unfault"}
    result = restoration.restore(here, {}, lambda _: None)
    assert result.state == "broken"
    assert result.remaining == ("fault: no answer",)
    assert system.called == ["unfault", "undial"]


def test_the_failback_moves_data_then_names_then_traffic_then_capacity(system: System, here: Setting) -> None:
    for name, layer in (("promote", "data"), ("scale", "capacity"), ("record", "names"), ("dial", "traffic")):
        did(here, name, layer)
    assert restoration.fail_back(here, {}, lambda _: None).state == "restored"
    assert system.called == ["unpromote", "unrecord", "undial", "unscale"]


def test_a_failback_whose_switchover_fails_goes_on_holding(system: System, here: Setting) -> None:
    did(here, "promote", "data")
    did(here, "dial", "traffic")
    system.fails = {"unpromote"}
    assert restoration.fail_back(here, {}, lambda _: None).state == "holding"
    assert system.called == ["unpromote"]


def test_a_second_failback_finds_nothing_to_do(system: System, here: Setting) -> None:
    did(here, "promote", "data")
    restoration.fail_back(here, {}, lambda _: None)
    system.called.clear()
    assert restoration.fail_back(here, {}, lambda _: None).state == "restored"
    assert system.called == []


def test_only_blackstarts_own_actions_are_called_from_a_log() -> None:
    with pytest.raises(LookupError, match=r"os.system is not one of blackstart's actions"):
        restoration.call(Call("os.system", {}), {})
