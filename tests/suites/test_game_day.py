"""The game day as a team runs it: one pytest command on a fresh lab, and what it leaves beside the lab's own truth."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.driver import Driver
from blackstart import experiment

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
PATIENCE_S = 800
# What the lab writes down when the fault of each drill takes effect.
STRUCK = {
    "alb-blocked": ("ingress",),
    "aurora-failover": ("failover",),
    "aurora-switchover": ("switchover",),
    "aurora-writer-loss": ("writer killed",),
    "cache-loss": ("cache off",),
    "pod-loss": ("pod killed",),
    "region-loss": ("power off",),
    "region-loss-automated": ("power off",),
    "targets-blocked": ("path",),
    "traffic-shift": ("dials",),
}


@dataclass(frozen=True)
class GameDay:
    """What one run of the suites left, and what the lab knows of it."""

    reports: Path
    allure: Path
    ended: subprocess.CompletedProcess[str]
    truth: list[dict[str, Any]]
    unchanged: bool

    @property
    def verdicts(self) -> dict[str, dict[str, Any]]:
        found = [json.loads(path.read_text()) for path in sorted(self.reports.glob("*/verdict.json"))]
        return {verdict["experiment"]: verdict for verdict in found}


@pytest.fixture(scope="module")
def game_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GameDay]:
    folder = tmp_path_factory.mktemp("game-day")
    driver = Driver(folder)
    with driver.lab_up():
        before = driver.configuration()
        ended = _pytest(folder, driver.status()["urls"]["topology"])
        status = driver.status()
        unchanged = status["configuration"] == before
        promoted = [{"t": move["promoted_ns"], "what": "promoted"} for move in status["aurora"]["failovers"]]
        yield GameDay(folder / "reports", folder / "allure", ended, [*status["truth"], *promoted], unchanged)


def _pytest(folder: Path, topology: str) -> subprocess.CompletedProcess[str]:
    options = ["--reports", str(folder / "reports"), "--alluredir", str(folder / "allure"), "--topology", topology]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "suites", *options, "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_every_drill_that_comes_with_blackstart_is_run_and_met(game_day: GameDay) -> None:
    assert game_day.ended.returncode == 0, game_day.ended.stdout + game_day.ended.stderr
    assert sorted(game_day.verdicts) == experiment.names()
    assert {verdict["outcome"] for verdict in game_day.verdicts.values()} == {"met"}


def test_the_lab_is_as_it_was(game_day: GameDay) -> None:
    assert game_day.unchanged
    assert {verdict["restoration"]["state"] for verdict in game_day.verdicts.values()} == {"restored"}


def test_each_drill_has_its_report_and_the_day_has_its_own(game_day: GameDay) -> None:
    runs = sorted(path.parent for path in game_day.reports.glob("*/verdict.json"))
    assert [name for run in runs for name in ("report.html", "report.pdf") if not (run / name).is_file()] == []
    for name in ("scorecard.html", "scorecard.json", "compliance.html", "compliance.pdf", "compliance.json"):
        assert (game_day.reports / name).stat().st_size > 0, name
    assert len(list(game_day.allure.glob("*-result.json"))) == len(runs)


@pytest.mark.parametrize("name", sorted(STRUCK))
def test_each_fault_s_interval_holds_the_instant_at_which_the_lab_did_it(game_day: GameDay, name: str) -> None:
    verdict = game_day.verdicts[name]
    assert verdict["faults"], name
    for fault in verdict["faults"]:
        instants = _since_zero(game_day, verdict, STRUCK[name])
        low, high = fault["injected_at"]["earliest_s"], fault["injected_at"]["latest_s"]
        assert [at for at in instants if low <= at <= high], (fault["target"], low, high, instants)


@pytest.mark.parametrize("name", ["aurora-failover", "region-loss", "region-loss-automated"])
def test_the_promotion_s_interval_holds_the_instant_at_which_the_lab_did_it(game_day: GameDay, name: str) -> None:
    verdict = game_day.verdicts[name]
    (at,) = [phase["at"] for phase in verdict["phases"] if phase["name"] == "promoted"]
    instants = _since_zero(game_day, verdict, ("promoted",))
    assert [each for each in instants if at["earliest_s"] <= each <= at["latest_s"]], (at, instants)


def _since_zero(game_day: GameDay, verdict: dict[str, Any], what: tuple[str, ...]) -> list[float]:
    """Return when the lab did that, in seconds on the verdict's clock, as far as the drill's own time goes."""
    zero = verdict["clock"]["monotonic_zero_ns"]
    every = [(entry["t"] - zero) / 1e9 for entry in game_day.truth if entry["what"] in what]
    return [at for at in every if 0 <= at <= 600]


def test_a_drill_that_is_not_compared_with_the_truth_is_noticed() -> None:
    assert sorted(STRUCK) == experiment.names()
