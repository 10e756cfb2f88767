from pathlib import Path

from blackstart import judge
from blackstart.clock import SystemClock
from blackstart.pytest_plugin import overview
from tests.judge.run_folder import Drill


def test_the_scorecard_and_the_compliance_report_are_written_over_all_runs(tmp_path: Path) -> None:
    for seed in (1, 2):
        judge.write(Drill(seed=seed).write(tmp_path / f"run-{seed}"))
    written = [path.name for path in overview.write(tmp_path, SystemClock())]
    assert written == ["scorecard.html", "compliance.html", "compliance.pdf", "compliance.json"]
    assert all((tmp_path / name).stat().st_size for name in written)
