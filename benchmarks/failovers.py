"""``make failovers``: real failovers under load, each beside what the lab's own database log tells of it.

Four of each: an undisturbed link, 200 ms and 1 s of replication delay, a throttled link, a held link. Writes
docs/failovers.md.
"""

import copy
import itertools
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from benchmarks.driver import Drill, Driver
from blackstart import experiment
from blackstart.lab import door

ROUNDS = int(os.environ.get("BLACKSTART_ROUNDS", "4"))
DOCUMENT = Path(__file__).parents[1] / "docs/failovers.md"
RATE_PER_S = 200
DISTURBED = "the replication is disturbed"
RECOVERING = "scale the standby up"
NEAR_S = 0.05
"""How near the RPO must come to what was injected."""
UNDISTURBED = {"state": "open", "delay_ms": 0, "rate_kbps": None}


@dataclass(frozen=True)
class Condition:
    """What is done to the replication link before the region is lost; ``delay_s`` is what the loss must then be.

    A held link loses what was written since it was held: that is measured, so ``held`` says so. None: not known.
    """

    name: str
    link: Mapping[str, Any]
    delay_s: float | None = None
    held: bool = False


CONDITIONS = (
    Condition("no delay", {}, 0.0),
    Condition("200 ms of delay", {"delay_ms": 200}, 0.2),
    Condition("1 s of delay", {"delay_ms": 1000}, 1.0),
    Condition("30 kB/s", {"rate_kbps": 30}),
    Condition("held link", {"state": "black-hole"}, held=True),
)


@dataclass(frozen=True)
class Failover:
    """One failover as the verdict has it, and as the lab knows it (``commits``, ``delay_s``, ``held_s``)."""

    condition: str
    outcome: str
    acknowledged: int
    lost: int
    lost_at_most: int
    divergent: int | None
    engine_gap: int | None
    split_brain: int | None
    rpo: dict[str, float]
    lag_ms: float | None
    commits: int
    delay_s: float | None
    held_s: float | None
    unchanged: bool

    @property
    def within_gap(self) -> bool:
        """Whether no more was lost than the engine's own gap and the unknown ones."""
        return self.lost <= self.commits + (self.lost_at_most - self.lost)

    @property
    def exact(self) -> bool:
        """Whether the old primary's content and the engine tell of just as many transactions as the lab's log."""
        return self.divergent == self.engine_gap == self.commits

    @property
    def near(self) -> bool | None:
        """Whether the RPO is the delay that was set; None where none was."""
        return None if self.delay_s is None else abs(self.rpo["point_s"] - self.delay_s) <= NEAR_S

    @property
    def holds(self) -> bool | None:
        """Whether the time for which the link was held lies within the RPO's bounds; None where it was not held."""
        if self.held_s is None:
            return None
        return self.rpo["earliest_s"] - NEAR_S <= self.held_s <= self.rpo["latest_s"] + NEAR_S


def main() -> int:
    """Fail over, write the document, and return 1 when any bound does not hold."""
    # An orderly end of the lab, also for `kill`.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="blackstart-failovers-") as folder:
        found = list(measured(Path(folder), CONDITIONS, ROUNDS))
    checks = checked(found)
    DOCUMENT.write_text("\n".join(document(found, checks)) + "\n", encoding="utf-8")
    for name, holds in checks:
        print(f"{'holds  ' if holds else 'MISSED '} {name}", flush=True)
    return 0 if all(holds for _, holds in checks) else 1


def measured(folder: Path, conditions: Sequence[Condition], rounds: int) -> Iterator[Failover]:
    """Yield each failover, all of them in one lab."""
    driver, path = Driver(folder), folder / "failover.yaml"
    path.write_text(yaml.safe_dump(shortened(), sort_keys=False), encoding="utf-8")
    with driver.lab_up():
        for _, condition in itertools.product(range(rounds), conditions):
            one = fail_over(driver, path, condition)
            print(one, flush=True)
            yield one


def shortened() -> dict[str, Any]:
    """Return region-loss with more load, and with a step before the fault in which the link can be disturbed."""
    content = copy.deepcopy(experiment.load("region-loss").content)
    declared = content["extensions"][0]
    declared["instruments"]["canaries"] = declared["instruments"]["canaries"][:1]
    declared["instruments"]["ledgers"][0]["rate_per_s"] = RATE_PER_S
    declared["objectives"] |= {"rpo_s": 30, "stabilisation_s": 2}
    steady = {"type": "python", "module": "blackstart.probes.recovery", "func": "service_steady"}
    method = content["method"]
    at = next(i for i, step in enumerate(method) if step["name"] == "lose the primary region")
    method.insert(at, {"name": DISTURBED, "type": "probe", "provider": steady | {"arguments": {"seconds": 2.5}}})
    return content


def fail_over(driver: Driver, path: Path, condition: Condition) -> Failover:
    """Run one drill under a condition, beside what the lab itself knows of it."""
    lab = door.running(driver.lab, driver.folder / "home")
    assert lab is not None
    before, known = driver.configuration(), len(lab.status()["aurora"]["failovers"])
    disturbed_ns: list[int] = []

    def disturb() -> None:
        lab.ask("PUT", "/links", {"replication": {**UNDISTURBED, **condition.link}})
        disturbed_ns.append(time.monotonic_ns())

    def release() -> None:
        lab.ask("PUT", "/links", {"replication": UNDISTURBED})

    drill = driver.watched_drill({DISTURBED: disturb, RECOVERING: release}, str(path))
    release()
    status = lab.status()
    failovers = [each for each in status["aurora"]["failovers"][known:] if each["mode"] == "failover"]
    if len(failovers) != 1:
        raise RuntimeError(f"{condition.name}: {len(failovers)} failovers, exit {drill.exit_code}: {drill.reasons}")
    struck_ns = max(entry["t"] for entry in status["truth"] if entry["what"] == "power off")
    held_s = (struck_ns - disturbed_ns[0]) / 1e9 if condition.held else None
    return _figures(drill, condition, failovers[0]["commits_past_switch"], held_s, driver.configuration() == before)


def _figures(drill: Drill, condition: Condition, commits: int, held_s: float | None, unchanged: bool) -> Failover:
    if drill.verdict is None or drill.verdict["stores"].get("orders", {}).get("rpo") is None:
        raise RuntimeError(f"{condition.name}: {drill.reasons}")
    orders = drill.verdict["stores"]["orders"]
    lag = [metric["last_before_fault"] for metric in orders["lag_metrics"].values()]
    return Failover(
        condition=condition.name,
        outcome=drill.verdict["outcome"],
        **{name: orders[name] for name in ("acknowledged", "lost", "lost_at_most", "divergent", "split_brain", "rpo")},
        engine_gap=orders["engine_gap"] and orders["engine_gap"]["transactions"],
        lag_ms=lag[0] if lag else None,
        commits=commits,
        delay_s=condition.delay_s,
        held_s=held_s,
        unchanged=unchanged,
    )


def checked(found: Sequence[Failover]) -> list[tuple[str, bool]]:
    """Return each bound with whether it held in all failovers."""
    near = [one.near for one in found if one.near is not None]
    held = [one.holds for one in found if one.holds is not None]
    return [
        (f"all {len(found)} drills met their objectives", bool(found) and all(one.outcome == "met" for one in found)),
        ("lost is within the engine's own gap and the unknown ones", all(one.within_gap for one in found)),
        ("what the old primary alone held equals the commits past the switch", all(one.exact for one in found)),
        (f"the RPO is within {NEAR_S * 1000:.0f} ms of the delay that was set ({len(near)} failovers)", all(near)),
        (f"the time of a held link is within {NEAR_S * 1000:.0f} ms of the RPO's bounds ({len(held)})", all(held)),
        ("nobody acknowledged anything after the promotion that was lost", not any(one.split_brain for one in found)),
        ("every drill left the lab's configuration as it was", all(one.unchanged for one in found)),
    ]


def document(found: Sequence[Failover], checks: Sequence[tuple[str, bool]]) -> Iterator[str]:
    """Yield the lines of docs/failovers.md."""
    yield f"# {len(found)} failovers under load\n"
    yield "Written by `make failovers` from its own run; nothing here is typed by hand. In one lab a region is lost, by"
    yield f"SIGKILL and cut links, again and again, under {RATE_PER_S} orders a second, while the replication link is"
    yield "as the first column says. *Old primary alone* is what the old primary's last state holds and the promoted"
    yield "database does not, read order by order. *Commits past the switch* is what the old primary's own log says,"
    yield "counted by `pg_waldump`. *Injected* is the delay that was set, or for how long the link was held. The lag"
    yield "metric is the last that CloudWatch had before the fault: it is no RPO.\n"
    yield f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
    yield f"Python {platform.python_version()}.\n"
    yield "| bound | held |\n|---|---|"
    yield from (f"| {name} | {'yes' if holds else '**no**'} |" for name, holds in checks)
    columns = ("link", "acknowledged", "lost", "unknown", "old primary alone", "commits past the switch")
    columns += ("RPO, s", "injected, s", "lag metric, ms")
    yield f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}"
    yield from (row(one) for one in sorted(found, key=lambda one: [c.name for c in CONDITIONS].index(one.condition)))


def row(one: Failover) -> str:
    rpo = f"{one.rpo['point_s']:.3f} ({one.rpo['earliest_s']:.3f} to {one.rpo['latest_s']:.3f})"
    cells = [one.condition, one.acknowledged, one.lost, one.lost_at_most - one.lost, one.divergent, one.commits, rpo]
    cells += [_or_none(one.delay_s if one.held_s is None else one.held_s, 3), _or_none(one.lag_ms, 0)]
    return f"| {' | '.join(map(str, cells))} |"


def _or_none(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    sys.exit(main())
