"""blackstart itself, by its command line."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.ground_truth.script import LONGEST_S, SLO_S
from benchmarks.instruments.observer import Bounded, Observer, SeenOutage, Sight
from blackstart.history import History


def blackstart(interval_ms: int, *, adaptive: bool = False) -> Observer:
    """Return ``blackstart observe`` at one rate."""

    def command(url: str, folder: Path) -> list[str]:
        flags = ["--interval-ms", str(interval_ms), "--slo-s", f"{SLO_S:g}", *(["--adaptive"] if adaptive else [])]
        limit = ["--duration-s", f"{LONGEST_S:g}", "--out", str(folder / "out")]
        return [sys.executable, "-m", "blackstart.cli", "observe", f"it={url}", *flags, *limit]

    name = f"blackstart {interval_ms} ms{' adaptive' if adaptive else ''}"
    return Observer(name, command, "out/canary-it.bin", sight, interrupted=True)


def sight(folder: Path) -> Sight:
    """Return what it stated. Raises ValueError where it doubts its own record."""
    about = json.loads((folder / "out/observation.json").read_text(encoding="utf-8"))
    if about["state"] != "complete":
        raise ValueError(f"blackstart doubts its record: {'; '.join(about['reasons'])}")
    zero_s = about["clock"]["monotonic_zero_ns"] / 1e9
    outages = json.loads((folder / "out/outages.json").read_text(encoding="utf-8"))
    samples = History.open(folder / "out").canaries["it"]
    return Sight((samples.sent[samples.sent > 0] / 1e9).tolist(), [_outage(outage, zero_s) for outage in outages])


def _outage(outage: Mapping[str, Any], zero_s: float) -> SeenOutage:
    return SeenOutage(
        _bounded(outage["start"], zero_s), _bounded(outage["end"], zero_s), _bounded(outage["downtime"], 0.0)
    )


def _bounded(interval: Mapping[str, float] | None, zero_s: float) -> Bounded | None:
    if interval is None:
        return None
    return Bounded(*(zero_s + interval[key] for key in ("point_s", "earliest_s", "latest_s")))
