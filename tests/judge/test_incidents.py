"""A drill that disturbs the system more than once: each incident has its own recovery, the worst is the drill's."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from blackstart import judge
from blackstart.judge.incidents import seen_to_bite
from blackstart.judge.interval import Interval
from blackstart.judge.recovery import look
from blackstart.judge.series import judged

from .run_folder import Drill, _act, _activity, _phase, append, change, ns, without
from .simulation import MS, Prober, Service, probe, series

S = 1_000_000_000


def write(folder: Path, *, steady: bool) -> dict[str, Any]:
    """Two faults, at 10 s and at 20 s; each makes an outage; between them a probe sees the service steady, or not."""
    down = ((10.1, 12.0), (20.1, 24.0))
    drill = Drill(accelerator_down=down, orders_down=down, failback_at=None, stabilisation_s=3.0, end=35.0)
    run_dir = drill.write(folder)
    with (run_dir / "undo.jsonl").open("a") as file:
        for line in _act(9, "blackstart.actions.pods.kill", "pods", "revertible", "fault", ns(20), ns(20.1)):
            file.write(json.dumps(line) + "\n")
        file.write(json.dumps({"id": 9, "event": "undone", "evidence": "they are back"}) + "\n")
    change(run_dir / "run.json", lambda run: run.update(planned={"steady_probes": ["the service is steady again"]}))
    append(run_dir / "events.jsonl", **_activity("method", "kill the pods", 19.9, 20.2))
    if steady:
        append(run_dir / "events.jsonl", **_activity("method", "the service is steady again", 12.5, 19.0))
    return judge.run(run_dir)


def test_each_incident_has_its_recovery_and_the_worst_is_the_drill_s(tmp_path: Path) -> None:
    verdict = write(tmp_path / "run", steady=True)
    first, second = verdict["recoveries"]
    assert first["rto"]["earliest_s"] <= 2.0 <= first["rto"]["latest_s"]
    assert second["rto"]["earliest_s"] <= 4.0 <= second["rto"]["latest_s"]
    assert verdict["rto"] == second["rto"]
    assert second["fault"] == "pods"


def test_without_a_steady_service_between_them_both_are_one_disaster(tmp_path: Path) -> None:
    verdict = write(tmp_path / "run", steady=False)
    (only,) = verdict["recoveries"]
    assert only["rto"]["earliest_s"] <= 14.0 <= only["rto"]["latest_s"]
    assert verdict["rto"] == only["rto"]


def test_downtime_is_that_of_the_whole_drill(tmp_path: Path) -> None:
    downtime = write(tmp_path / "run", steady=True)["downtime"]
    assert downtime["earliest_s"] <= 1.9 + 3.9 <= downtime["latest_s"]


def test_a_fault_s_point_is_where_clients_saw_it_bite_within_its_call(tmp_path: Path) -> None:
    """The call took a second; the service went down 0.8 s into it, with the writes of its last 0.7 s."""
    down = ((10.8, 16.0),)
    drill = Drill(fault=(10.0, 11.0), accelerator_down=down, orders_down=down, unreplicated_s=0.7)
    verdict = judge.run(drill.write(tmp_path / "run"))
    fault = next(phase["at"] for phase in verdict["phases"] if phase["name"] == "fault_injected")
    assert (fault["earliest_s"], fault["latest_s"]) == (10.0, 11.0)
    assert abs(fault["point_s"] - 10.8) < 0.02
    assert abs(verdict["rto"]["point_s"] - 5.2) < 0.06
    rpo = verdict["stores"]["orders"]["rpo"]
    assert abs(rpo["point_s"] - 0.7) < 0.03
    assert rpo["earliest_s"] == 0
    assert rpo["latest_s"] > 0.85


def test_what_was_under_way_when_it_bit_does_not_date_the_fault_before_itself() -> None:
    """A request takes 60 ms, one is sent every 20 ms: the first that fails was sent well before the fault."""
    prober = Prober(end=20 * S, interval_ns=20 * MS)
    samples = probe(Service(((10 * S, 15 * S),), latency_ns=60 * MS, jitter_ns=0), prober, random.Random(1))
    at = Interval.between(10 * S - 100 * MS, 10 * S + 300 * MS, 10 * S + 100 * MS)
    seen = look(judged(series("canary", samples, prober), prober.seen_stalls), at, None, 3 * S)
    (outage,) = seen.during
    assert outage.start is not None
    assert outage.start.point < 10 * S - 20 * MS
    assert abs(seen_to_bite(at, [seen]).point - 10 * S) < 25 * MS


def test_a_fault_that_nobody_saw_bite_within_its_call_lies_in_its_middle(tmp_path: Path) -> None:
    down = ((12.0, 16.0),)
    verdict = judge.run(Drill(fault=(10.0, 11.0), accelerator_down=down, orders_down=down).write(tmp_path / "run"))
    fault = next(phase["at"] for phase in verdict["phases"] if phase["name"] == "fault_injected")
    assert fault["point_s"] == 10.5


@pytest.mark.parametrize(("most", "outcome"), [(0, "missed"), (10_000, "met")])
def test_failed_requests_have_an_objective(tmp_path: Path, most: int, outcome: str) -> None:
    run_dir = Drill().write(tmp_path / "run")
    change(run_dir / "run.json", lambda run: run["objectives"].update(failed_requests=most))
    verdict = judge.run(run_dir)
    assert verdict["outcome"] == outcome
    assert verdict["failed_requests"] > 0


def test_failed_requests_are_not_known_where_an_instrument_is_missing(tmp_path: Path) -> None:
    run_dir = Drill().write(tmp_path / "run")
    (run_dir / "history" / "canary-accelerator.bin").unlink()
    change(run_dir / "run.json", lambda run: run["objectives"].update(failed_requests=0))
    verdict = judge.run(run_dir)
    assert verdict["failed_requests"] is None
    assert verdict["outcome"] == "inconclusive"


@pytest.mark.parametrize(("warm_s", "outcome"), [(0.001, "missed"), (60, "met")])
def test_warmth_has_an_objective(tmp_path: Path, warm_s: float, outcome: str) -> None:
    run_dir = Drill().write(tmp_path / "run")
    change(run_dir / "run.json", lambda run: run["objectives"].update(warm_s=warm_s))
    verdict = judge.run(run_dir)
    assert verdict["outcome"] == outcome
    assert verdict["warm"]["point_s"] > 5.0


def test_data_that_is_held_in_the_primary_is_read_there(tmp_path: Path) -> None:
    run_dir = Drill(failback_at=None).write(tmp_path / "run")
    change(run_dir / "run.json", lambda run: run.update(recovers_in="primary"))
    assert judge.run(run_dir)["outcome"] == "inconclusive"
    history = run_dir / "history"
    (history / "survivors-orders-standby.json").rename(history / "survivors-orders-primary.json")
    for edit in (lambda it: it.update(label="primary"), lambda it: it.update(read_from="endpoint in eu-west-1")):
        change(history / "survivors-orders-primary.json", edit)
    verdict = judge.run(run_dir)
    assert verdict["outcome"] == "met", verdict["reasons"]
    assert verdict["recovers_in"] == "primary"


def test_nothing_is_warm_before_it_has_recovered(tmp_path: Path) -> None:
    verdict = judge.run(Drill().write(tmp_path / "run"))
    at = {phase["name"]: phase["at"] for phase in verdict["phases"]}
    for side in ("point_s", "earliest_s", "latest_s"):
        assert at["warm"][side] >= at["recovered"][side]


def test_the_phases_are_those_of_the_worst_incident(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    write(run_dir, steady=True)
    for at in (11.5, 23.5):
        append(run_dir / "events.jsonl", **_phase("capacity", at, at, at))
    verdict = judge.run(run_dir)
    at = {phase["name"]: phase["at"] for phase in verdict["phases"] if phase["at"]}
    assert at["fault_injected"]["point_s"] == verdict["recoveries"][1]["at"]["point_s"]
    assert at["capacity"]["point_s"] == 23.5
    assert verdict["warm"]["point_s"] < 10


@pytest.mark.parametrize(("at", "decides"), [(40.0, True), (10.5, False)])
def test_warm_is_the_later_of_latency_and_what_a_probe_told(tmp_path: Path, at: float, decides: bool) -> None:
    run_dir = Drill(failback_at=None).write(tmp_path / "run")
    by_latency = judge.run(run_dir)["warm"]
    append(run_dir / "events.jsonl", **_phase("warm", at, at, at))
    warm = judge.run(run_dir)["warm"]
    assert (warm != by_latency) is decides
    assert not decides or warm["earliest_s"] <= 30.0 <= warm["latest_s"]


def test_a_warm_cache_alone_proves_no_warmth(tmp_path: Path) -> None:
    run_dir = Drill(failback_at=None, accelerator_down=((10.1, 44.5),)).write(tmp_path / "run")
    append(run_dir / "events.jsonl", **_phase("warm", 40.0, 40.0, 40.0))
    assert judge.run(run_dir)["warm"] is None


def test_orders_through_the_standby_prove_no_promotion_where_the_data_stays_in_the_primary(tmp_path: Path) -> None:
    run_dir = Drill(failback_at=None).write(tmp_path / "run")
    without(run_dir / "events.jsonl", lambda line: line.get("name") == "promoted")
    assert _phase_of(judge.run(run_dir), "promoted") is not None
    change(run_dir / "run.json", lambda run: run.update(recovers_in="primary"))
    assert _phase_of(judge.run(run_dir), "promoted") is None


def _phase_of(verdict: dict[str, Any], name: str) -> Any:
    return next(phase["at"] for phase in verdict["phases"] if phase["name"] == name)
