"""A drill in Allure's results: its phases and activities as steps with their own times, its evidence attached.

allure-pytest is optional. Where it does not write results, nothing is told.
"""

from pathlib import Path
from typing import Any

import pytest

from blackstart.pytest_plugin import allure_overview, allure_steps, properties

LISTENER = "allure_listener"
ATTACHED = (
    ("report.html", "Report", "text/html"),
    ("report.pdf", "Report on paper", "application/pdf"),
    ("verdict.json", "Verdict", "application/json"),
    ("events.jsonl", "Timeline of events", "text/plain"),
    ("undo.jsonl", "What was done and undone", "text/plain"),
    ("journal.json", "Chaos Toolkit journal", "application/json"),
)
SHOWN = (
    ("RTO objective", "rto_objective"),
    ("RTO measured", "rto"),
    ("RPO objective", "rpo_objective"),
    ("RPO measured", "rpo"),
    ("failed requests objective", "failed_requests_objective"),
    ("failed requests", "failed_requests"),
    ("warm objective", "warm_objective"),
    ("warm measured", "warm"),
    ("system afterwards", "restoration"),
)
EPIC = "Disaster recovery"


def tell(item: pytest.Item, verdict: dict[str, Any], run_dir: Path) -> None:
    """Add a finished drill to the result of the test that is running."""
    listener = item.config.pluginmanager.get_plugin(LISTENER)
    if listener is None:
        return
    reporter = listener.allure_logger
    _name(item, reporter.get_test(None), verdict, run_dir)
    allure_steps.add(reporter, verdict, run_dir)
    _attach(run_dir)
    allure_overview.write(Path(item.config.getoption("allure_report_dir")), verdict)


def _name(item: pytest.Item, result: Any, verdict: dict[str, Any], run_dir: Path) -> None:
    """Say what the drill is, where it stands in the overview, and what was asked and found."""
    import allure  # noqa: PLC0415 - optional
    from allure_commons.model2 import Parameter  # noqa: PLC0415 - optional

    if not hasattr(getattr(item, "obj", None), "__allure_display_name__"):
        allure.dynamic.title(sentence(item.name))
    environment = verdict.get("environment") or {}
    allure.dynamic.epic(f"{EPIC} ({environment.get('kind')})")
    allure.dynamic.feature(feature(verdict))
    allure.dynamic.story(str(verdict.get("title") or verdict.get("experiment")))
    allure.dynamic.severity(severity(verdict))
    allure.dynamic.tag(str(verdict.get("experiment")), str(verdict.get("outcome")))
    known = properties.of(verdict, run_dir)
    result.parameters.append(Parameter(name="experiment", value=str(verdict.get("experiment"))))
    # Figures differ from run to run; they do not make another test of it: its history goes on.
    result.parameters += [
        Parameter(name=name, value=str(known[key]), excluded=True) for name, key in SHOWN if known[key] is not None
    ]


def sentence(name: str) -> str:
    """Return a test's name as the sentence that it is."""
    words = name.removeprefix("test_").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def feature(verdict: dict[str, Any]) -> str:
    """Return what kind of drill it is: who moves the system to another region, if anybody does."""
    kinds = {"manual": "Failover by runbook", "automated": "Automated failover", "none": "Recovery within the region"}
    return kinds.get(str(verdict.get("failover")), "Drills")


def severity(verdict: dict[str, Any]) -> str:
    """Return how much a failed test would mean: a failover most, then whatever may lose no data."""
    objectives = verdict.get("objectives") or {}
    if verdict.get("failover") in ("manual", "automated"):
        return "blocker"
    return "critical" if objectives.get("rpo_s") == 0 else "normal"


def _attach(run_dir: Path) -> None:
    import allure  # noqa: PLC0415 - optional

    for file, name, kind in ATTACHED:
        path = run_dir / file
        if path.exists():
            allure.attach.file(str(path), name, kind, path.suffix.lstrip("."))
