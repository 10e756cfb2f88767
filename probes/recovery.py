"""Whether the service is well again, as the run's own observer sees it."""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart import history
from blackstart.platform.setting import Setting, setting

__all__ = ["service_steady"]

POLL_S = 0.25
SILENCE_S = 3.0
"""An instrument that has answered nothing for so long is not known to be good."""
NS = 1_000_000_000


def service_steady(seconds: float = 5, within_s: float | None = None, configuration: Configuration = None) -> bool:
    """Wait until every instrument that the objectives rest on has seen nothing but good for so long.

    It reads the observer's record instead of asking the system itself: the soak adds no load, and the verdict
    rests on what this probe saw. It fails when the system is not steady in time, and says who saw it fail.

    :param seconds: how long all must have been good without a break
    :param within_s: how long to wait for that; the topology's patience on top of ``seconds`` by default
    """
    here = setting(configuration)
    started = here.clock.now_ns()
    limit = started + int((seconds + here.topology.patience if within_s is None else within_s) * NS)
    while True:
        unsteady = list(_unsteady(here, started, seconds))
        if not unsteady:
            return True
        if here.clock.now_ns() > limit:
            raise ActivityFailed(f"not steady for {seconds:g} s: {'; '.join(unsteady)}")
        here.clock.sleep(POLL_S)


def _unsteady(here: Setting, started: int, seconds: float) -> Iterable[str]:
    """Yield each instrument that has not been good for so long since the probe began, with what it saw last."""
    seen = history.History.open(here.run_dir / "history")
    now = here.clock.now_ns()
    for name in _rested_on(here):
        if name in seen.ledgers:
            ledger = seen.ledgers[name]
            answered = ledger.done > 0
            times, good = ledger.done[answered], ledger.acknowledged[answered]
        elif name in seen.canaries:
            samples = seen.canaries[name]
            known = samples.good | samples.bad
            times, good = samples.done[known], samples.good[known]
        else:
            yield f"{name} has recorded nothing"
            continue
        reason = _reason(times, good, started, now, seconds)
        if reason:
            yield f"{name} {reason}"


def _reason(times: np.ndarray[Any, Any], good: np.ndarray[Any, Any], started: int, now: int, seconds: float) -> str:
    """Return why these observations are not good for so long, or nothing if they are."""
    since = times >= started
    if not since.any():
        return "has seen nothing since"
    bad = times[since & ~good]
    first, last = int(times[since].min()), int(times[since].max())
    clean_from = max(first, int(bad.max())) if len(bad) else first
    if now - last > SILENCE_S * NS:
        return f"has been silent for {(now - last) / NS:.1f} s"
    if last - clean_from >= seconds * NS:
        return ""
    if len(bad) and now - int(bad.max()) < seconds * NS:
        return f"failed {(now - int(bad.max())) / NS:.1f} s ago"
    return f"has been good for {(last - clean_from) / NS:.1f} s only"


def _rested_on(here: Setting) -> list[str]:
    run = json.loads((here.run_dir / "run.json").read_text(encoding="utf-8"))
    return [instrument["name"] for instrument in run["instruments"] if instrument["rests_on"]]
