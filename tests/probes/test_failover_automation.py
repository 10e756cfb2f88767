"""What the alarms' history tells becomes a phase that says by which clock it was told."""

from types import SimpleNamespace

from blackstart.clock import VirtualClock
from blackstart.platform.alarms import Item
from blackstart.probes import failover_automation


def test_an_alarms_time_is_told_as_one_of_a_wall_clock(tmp_path, monkeypatch):
    automation = SimpleNamespace(alarms=["errors"])
    here = SimpleNamespace(
        topology=SimpleNamespace(automation=automation, patience=1), clock=VirtualClock(), run_dir=tmp_path
    )
    raised = Item("errors", "Alarm updated from OK to ALARM", 1, 2, 3)
    monkeypatch.setattr(failover_automation, "setting", lambda _: here)
    monkeypatch.setattr(failover_automation.alarms, "history", lambda *_: [raised])
    phase = failover_automation.fault_detected()["phase"]
    assert (phase["name"], phase["earliest"], phase["at"], phase["latest"]) == ("detected", 1, 2, 3)
    assert phase["clock"] == "wall"
