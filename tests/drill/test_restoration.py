"""In which order things are put right, and from what. What each action does is shown in the lab."""

from pathlib import Path
from typing import Any

import pytest

from blackstart import topology
from blackstart.clock import VirtualClock
from blackstart.drill import restoration
from blackstart.platform.aurora import GlobalDatabase
from blackstart.platform.setting import Setting
from blackstart.safety import undo_log
from blackstart.safety.act import NotProvedError
from blackstart.safety.undo_log import Call, Intent, Plan, UndoLog
from tests.topology_data import topology_data

RUNBOOK = tuple(
    Call(f"blackstart.actions.{name}", {}) for name in ("database.promote_database", "traffic_dials.turn_dials")
)


class System:
    """Stands where the actions and the checks would reach out; records what is called, fails what it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.called: list[str] = []
        self.fails: set[str] = set()
        self.writer = "eu-west-1"
        self.status = "available"
        monkeypatch.setattr(restoration, "call", self._call)
        monkeypatch.setattr(restoration, "eventually", self._once)
        monkeypatch.setattr(restoration.aurora, "describe", self._describe)
        monkeypatch.setattr(restoration, "replicating", lambda *_: True)
        monkeypatch.setattr(restoration, "capacity_reached", lambda *_: True)
        monkeypatch.setattr(restoration, "serving_region", lambda *_: self.writer)

    def _call(self, step: Call, _: dict[str, Any]) -> None:
        name = step.action.rpartition(".")[2]
        self.called.append(name)
        if name in self.fails:
            raise TimeoutError("no answer")
        self.writer = {"promote_database": "eu-central-1", "unpromote": "eu-west-1"}.get(name, self.writer)

    def _once(self, _: Setting, check: Any) -> str:
        return str(check())

    def _describe(self, *_: object) -> GlobalDatabase:
        return GlobalDatabase(self.status, None, self.writer, (), {})


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    return System(monkeypatch)


@pytest.fixture
def here(tmp_path: Path) -> Setting:
    log = UndoLog(tmp_path / undo_log.FILE, VirtualClock())
    log.plan(Plan("t.yaml", RUNBOOK, True, None))
    return Setting(topology.parse(topology_data(), "t"), tmp_path, VirtualClock())


def did(here: Setting, name: str, layer: Any, proved: bool = True, inverse: str | None = None) -> None:
    log = UndoLog(here.run_dir / undo_log.FILE, VirtualClock())
    kind: Any = "forward_only" if layer == "data" else "revertible"
    back = Call(f"blackstart.actions.x.{inverse or 'un' + name}", {})
    before = {"writer": "eu-west-1"}
    act = Call(f"blackstart.actions.x.{name}", {})
    number = log.intend(Intent(act, name, name, kind, "recovery", layer, before, back))
    if proved:
        log.proved(number, "seen")


def quiet(_: str) -> None:
    return None


def test_nothing_done_is_nothing_to_undo(system: System, here: Setting) -> None:
    assert restoration.restore(here, {}, quiet).state == "restored"
    assert system.called == []


def test_before_a_promotion_everything_is_reverted_faults_first(system: System, here: Setting) -> None:
    did(here, "fault", "fault")
    did(here, "scale", "capacity")
    did(here, "dial", "traffic")
    assert restoration.restore(here, {}, quiet).state == "restored"
    assert system.called == ["unfault", "undial", "unscale"]
    assert restoration.nothing_open(here.run_dir)


def test_after_a_promotion_the_failover_is_completed_and_held(system: System, here: Setting) -> None:
    did(here, "fault", "fault")
    did(here, "promote", "data")
    did(here, "scale", "capacity")
    system.writer = "eu-central-1"
    result = restoration.restore(here, {}, quiet)
    assert result == restoration.Restoration("holding", ("failback",))
    assert system.called == ["unfault", "promote_database", "turn_dials"]


@pytest.mark.parametrize("proved", [False, True])
@pytest.mark.parametrize(("writer", "state"), [("eu-west-1", "restored"), ("eu-central-1", "holding")])
def test_where_the_writer_is_now_decides_and_not_what_the_log_last_heard(
    system: System, here: Setting, writer: str, state: str, proved: bool
) -> None:
    """A switchover home that was cut short after its call must never be answered by a forced promotion away."""
    did(here, "promote", "data", proved=proved)
    did(here, "dial", "traffic")
    system.writer = writer
    assert restoration.restore(here, {}, quiet).state == state
    assert ("promote_database" in system.called) == (state == "holding")


def test_a_change_of_roles_that_does_not_end_is_broken_and_nothing_is_forced(system: System, here: Setting) -> None:
    did(here, "promote", "data", proved=False)
    system.status = "failing-over"
    assert restoration.restore(here, {}, quiet).state == "broken"
    assert system.called == []


def test_one_undo_that_fails_does_not_spare_the_others(system: System, here: Setting) -> None:
    did(here, "fault", "fault")
    did(here, "dial", "traffic")
    system.fails = {"unfault"}
    result = restoration.restore(here, {}, quiet)
    assert result.state == "broken"
    assert result.remaining == ("fault: no answer",)
    assert system.called == ["unfault", "undial"]


def test_of_two_acts_on_one_subject_the_first_knows_what_was_there(system: System, here: Setting) -> None:
    did(here, "dial", "traffic", proved=False, inverse="dial_as_before")
    did(here, "dial", "traffic", inverse="dial_half_way")
    assert restoration.restore(here, {}, quiet).state == "restored"
    assert system.called == ["dial_as_before"]
    assert restoration.nothing_open(here.run_dir)


def test_the_failback_moves_data_then_names_then_traffic_then_capacity(system: System, here: Setting) -> None:
    for name, layer in (("promote", "data"), ("scale", "capacity"), ("record", "names"), ("dial", "traffic")):
        did(here, name, layer)
    system.writer = "eu-central-1"
    assert restoration.fail_back(here, {}, quiet).state == "restored"
    assert system.called == ["unpromote", "unrecord", "undial", "unscale"]


def test_a_failback_whose_switchover_fails_completes_the_failover_and_holds(system: System, here: Setting) -> None:
    did(here, "promote", "data")
    did(here, "dial", "traffic")
    system.writer = "eu-central-1"
    system.fails = {"unpromote"}
    result = restoration.fail_back(here, {}, quiet)
    assert result.state == "holding"
    assert "promote: no answer" in result.remaining
    assert system.called == ["unpromote", "promote_database", "turn_dials"]


def test_a_failback_under_a_fault_that_cannot_be_ended_is_broken(system: System, here: Setting) -> None:
    did(here, "fault", "fault")
    did(here, "promote", "data")
    system.writer = "eu-central-1"
    system.fails = {"unfault"}
    assert restoration.fail_back(here, {}, quiet).state == "broken"


def test_a_failback_that_is_cancelled_in_time_holds(system: System, here: Setting) -> None:
    did(here, "promote", "data")
    system.writer = "eu-central-1"
    result = restoration.fail_back(here, {}, quiet, lambda: True)
    assert result.state == "holding"
    assert "unpromote" not in system.called


def test_a_standby_that_does_not_serve_is_no_safe_place(
    system: System, here: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    did(here, "promote", "data")
    system.writer = "eu-central-1"
    monkeypatch.setattr(restoration, "serving_region", lambda *_: "eu-west-1")
    with pytest.raises(NotProvedError):
        restoration._serves("eu-central-1", {})
    assert restoration.restore(here, {}, quiet).state == "broken"


def test_a_failover_that_leaves_the_traffic_holds_wherever_it_is_served(system: System, tmp_path: Path) -> None:
    run_dir = tmp_path / "database-only"
    run_dir.mkdir()
    UndoLog(run_dir / undo_log.FILE, VirtualClock()).plan(Plan("t.yaml", RUNBOOK[:1], True, None))
    here = Setting(topology.parse(topology_data(), "t"), run_dir, VirtualClock())
    did(here, "promote", "data")
    system.writer = "eu-central-1"
    assert restoration.restore(here, {}, quiet).state == "holding"


def test_a_second_failback_finds_nothing_to_do(system: System, here: Setting) -> None:
    did(here, "promote", "data")
    system.writer = "eu-central-1"
    restoration.fail_back(here, {}, quiet)
    system.called.clear()
    assert restoration.fail_back(here, {}, quiet).state == "restored"
    assert system.called == []


def test_only_blackstarts_own_actions_are_called_from_a_log() -> None:
    with pytest.raises(LookupError, match=r"os.system is no action of blackstart"):
        restoration.call(Call("os.system", {}), {})


def test_the_automation_is_stilled_before_anything_else_and_left_as_it_was_after_all(
    system: System, here: Setting
) -> None:
    did(here, "expected", "data", proved=False)
    did(here, "arm", "automation")
    did(here, "fault", "fault")
    did(here, "dial", "traffic")
    assert restoration.restore(here, {}, quiet).state == "restored"
    assert system.called == ["disable_failover_automation", "unfault", "unexpected", "undial", "unarm"]


def test_a_failback_stills_the_automation_first(system: System, here: Setting) -> None:
    did(here, "promote", "data", inverse="unpromote")
    did(here, "arm", "automation")
    system.writer = "eu-central-1"
    assert restoration.fail_back(here, {}, quiet).state == "restored"
    assert system.called == ["disable_failover_automation", "unpromote", "unarm"]


def test_while_the_automation_cannot_be_stilled_nothing_is_put_back_that_it_could_move(
    system: System, here: Setting
) -> None:
    did(here, "arm", "automation")
    did(here, "fault", "fault")
    did(here, "expected", "data", proved=False)
    did(here, "dial", "traffic")
    system.fails.add("disable_failover_automation")
    result = restoration.restore(here, {}, quiet)
    assert result.state == "broken"
    assert "not disarmed" in result.remaining[0]
    assert system.called == ["disable_failover_automation", "unfault"]


def test_a_failover_that_the_automation_has_made_is_completed_even_if_it_cannot_be_stilled(
    system: System, here: Setting
) -> None:
    """Both would move the system the same way: the standby must serve whole."""
    did(here, "arm", "automation")
    did(here, "expected", "data", proved=False)
    system.writer = "eu-central-1"
    system.fails.add("disable_failover_automation")
    assert restoration.restore(here, {}, quiet).state == "broken"
    assert system.called[:2] == ["disable_failover_automation", "promote_database"]


def test_a_drill_without_the_automation_leaves_it_alone(system: System, here: Setting) -> None:
    did(here, "fault", "fault")
    restoration.restore(here, {}, quiet)
    assert "disable_failover_automation" not in system.called


@pytest.mark.parametrize("promoted", [True, False])
def test_what_was_restored_of_an_old_primary_is_discarded_whatever_else_is_done(
    system: System, here: Setting, promoted: bool
) -> None:
    if promoted:
        did(here, "promote", "data")
        system.writer = "eu-central-1"
    did(here, "restore_old_primary", "evidence", inverse="discard_old_primary")
    assert restoration.restore(here, {}, quiet).state == ("holding" if promoted else "restored")
    assert system.called[0] == "discard_old_primary"
    assert not any(
        entry.open for entry in undo_log.read(here.run_dir / undo_log.FILE) if entry.intent.layer == "evidence"
    )


def test_a_restored_cluster_that_cannot_be_discarded_is_still_broken(system: System, here: Setting) -> None:
    did(here, "restore_old_primary", "evidence", inverse="discard_old_primary")
    system.fails.add("discard_old_primary")
    assert restoration.restore(here, {}, quiet).state == "broken"
    system.fails.clear()
    assert restoration.restore(here, {}, quiet).state == "restored"
