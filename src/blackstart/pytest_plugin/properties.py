"""What JUnit XML keeps of a drill, as properties of its test."""

from pathlib import Path
from typing import Any

import pytest

from blackstart.report import quantities


def record(item: pytest.Item, verdict: dict[str, Any], run_dir: Path) -> None:
    """Add the drill's outcome, objectives and results to the test's properties."""
    item.user_properties += [(name, str(value)) for name, value in of(verdict, run_dir).items() if value is not None]


def of(verdict: dict[str, Any], run_dir: Path) -> dict[str, Any]:
    """Return the properties; None is what was not asked for or not measured."""
    objectives = verdict.get("objectives") or {}
    losses = [rpo for store in (verdict.get("stores") or {}).values() if (rpo := store.get("rpo"))]
    return {
        "experiment": verdict.get("experiment"),
        "outcome": verdict.get("outcome"),
        "rto": _interval(verdict.get("rto")),
        "rto_objective": _span(objectives.get("rto_s")),
        "rpo": _interval(max(losses, key=lambda rpo: float(rpo["latest_s"]), default=None)),
        "rpo_objective": _span(objectives.get("rpo_s")),
        "failed_requests": verdict.get("failed_requests"),
        "failed_requests_objective": objectives.get("failed_requests"),
        "warm": _interval(verdict.get("warm")),
        "warm_objective": _span(objectives.get("warm_s")),
        "restoration": (verdict.get("restoration") or {}).get("state"),
        "run": verdict.get("run"),
        "report": run_dir / "report.html",
    }


def _interval(interval: dict[str, float] | None) -> str | None:
    return None if interval is None else quantities.interval(interval)


def _span(seconds: float | None) -> str | None:
    return None if seconds is None else quantities.asked(seconds)
