"""Objectives come from whoever asks for the drill, else from the topology, else from the experiment."""

from pathlib import Path

import pytest

from blackstart import experiment
from blackstart import topology as topology_file
from blackstart.drill.run import Request, settled
from blackstart.drill.target import System
from blackstart.outcome import UsageError
from tests.topology_data import topology_data


def objectives(asked: dict[str, float], system: dict[str, dict[str, float]]) -> tuple[float | None, float | None]:
    topology = topology_file.parse({**topology_data(), "objectives": system}, "test")
    request = Request(experiment.load("region-loss"), System(Path("topology.yaml")), None, asked)
    found = settled(request, topology)
    own = found.content["extensions"][0]["objectives"]
    assert own["rto_s"] == found.declaration.objectives.rto_s, "what is recorded is what is judged"
    return found.declaration.objectives.rto_s, found.declaration.objectives.rpo_s


def test_the_experiment_speaks_where_nobody_else_does() -> None:
    assert objectives({}, {"pod-loss": {"rto_s": 1}}) == (30, 5)


def test_the_topology_beats_the_experiment() -> None:
    assert objectives({}, {"region-loss": {"rto_s": 12}}) == (12, 5)


def test_who_asks_beats_the_topology() -> None:
    assert objectives({"rto_s": 9}, {"region-loss": {"rto_s": 12, "rpo_s": 1}}) == (9, 1)


def test_an_experiment_is_not_changed_by_it() -> None:
    loaded = experiment.load("region-loss")
    loaded.with_objectives({"rto_s": 9})
    assert loaded.content["extensions"][0]["objectives"]["rto_s"] == 30


def test_what_cannot_be_an_objective_is_refused() -> None:
    with pytest.raises(UsageError, match=r"objectives\.rto_s"):
        experiment.load("region-loss").with_objectives({"rto_s": -1})
