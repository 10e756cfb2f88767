"""What a browser makes of the scorecard and the compliance report: nothing overflows, all text stands out."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from blackstart.report import compliance, scorecard
from blackstart.report.compliance.writing import Asked
from tests.report.programme_folder import Runs
from tests.report.test_browser import CHROMIUM, measured

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
LONG = "x" * 200


@pytest.fixture
def pages(runs: Runs) -> list[str]:
    runs.many([5.0, 6.0, 7.0, 5.5] * 4)
    for outcome in ("missed", "inconclusive", "aborted", "refused"):
        runs(outcome=outcome, rto_s=41.0 if outcome == "missed" else None, reasons=[LONG], title=LONG)
    runs(experiment="region-loss-automated", failover="automated", rto_s=3.0)
    (runs() / "verdict.json").write_text("{")
    runs.programme(f"{{system: shop, owner: {LONG}, objectives: {{rto_s: 30, stores: {{{LONG[:60]}: {{rpo_s: 1}}}}}}}}")
    scorecard.write(runs.folder, None, None, NOW)
    compliance.write(runs.folder, Asked(date(2026, 1, 1), date(2026, 12, 31)), None, NOW)
    return ["reports/scorecard.html", "reports/compliance.html"]


def test_nothing_overflows_at_any_width(pages: list[str], tmp_path: Path) -> None:
    widths = [320, 390, 700, 1024, 1400]
    found = measured(tmp_path, [(page, width) for page in pages for width in widths])
    assert len(found) == len(pages) * len(widths)
    assert {one["title"]: one["wide"] for one in found if one["wide"]} == {}


@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
def test_text_stands_out_in_both_schemes(pages: list[str], tmp_path: Path, scheme: int) -> None:
    found = measured(tmp_path, [(page, 900) for page in pages], f"--blink-settings=preferredColorScheme={scheme}")
    assert [one["faint"] for one in found] == [[], []]
    assert all(one["texts"] > 100 for one in found)
