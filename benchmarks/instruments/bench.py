"""The comparison: an idle round and one with every core busy, the bounds, and the section in the document."""

import statistics
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.ground_truth import script
from benchmarks.ground_truth.modes import MODES
from benchmarks.instruments import picture, prose
from benchmarks.instruments.chaostoolkit_loop import chaostoolkit_loop
from benchmarks.instruments.comparison import play
from benchmarks.instruments.figures import figures
from benchmarks.instruments.hogs import hogs
from benchmarks.instruments.httping import httping
from benchmarks.instruments.k6 import k6
from benchmarks.instruments.locust import locust
from benchmarks.instruments.observer import Observer
from benchmarks.instruments.ours import blackstart
from benchmarks.instruments.requests_loop import requests_loop
from benchmarks.part import Check, Measured, Part, Setting
from benchmarks.tables import table

IDLE, BUSY = 36, 18
QUICK = 2
PLAIN, ADAPTIVE = "blackstart 20 ms", "blackstart 20 ms adaptive"
LIMITS_MS = {PLAIN: (7.0, 22.0), ADAPTIVE: (5.0, 12.0)}
LEAST_OUTAGES = 30


def ours() -> list[Observer]:
    return [blackstart(100), blackstart(20), blackstart(10), blackstart(20, adaptive=True)]


def peers() -> list[Observer]:
    loops = [requests_loop(1.0), requests_loop(0.1), chaostoolkit_loop(1.0), chaostoolkit_loop(0.1)]
    return [*loops, httping(0.1), k6(50), locust(50)]


def absent() -> dict[str, str]:
    """Return the peers that are not on this machine, each with the reason."""
    return {peer.name: peer.absent for peer in peers() if peer.absent is not None}


def measure(setting: Setting) -> dict[str, Any]:
    """Play both rounds, and say who cannot take part."""
    for name, why in absent().items():
        print(f"instruments: {name} is not measured: {why}", flush=True)
    return {
        "seed": setting.seed,
        "absent": absent(),
        "idle": _round(setting, QUICK if setting.quick else IDLE, setting.seed),
        "busy": _busy(setting),
    }


def _round(setting: Setting, count: int, seed: int) -> dict[str, Any]:
    drawn = script.draw(count, seed, (1.0, 1.6)) if setting.quick else script.draw(count, seed)
    with tempfile.TemporaryDirectory(prefix="blackstart-instruments-") as folder:
        return play(drawn, [*ours(), *(peer for peer in peers() if peer.absent is None)], Path(folder))


def _busy(setting: Setting) -> dict[str, Any] | None:
    if setting.quick:
        return None
    with hogs(script.LONGEST_S) as count:
        return _round(setting, BUSY, setting.seed + 1) | {"hogs": count}


def checks(measured: Measured) -> list[Check]:
    """Return the bounds of the idle round's errors, and that the truth was inside of ours in both."""
    found = [check for name, limits in LIMITS_MS.items() for check in _within(measured["idle"], name, limits)]
    for key, title in (("idle", "on an idle machine"), ("busy", "with every core busy")):
        if measured[key] is not None:
            found.append(_inside(measured[key], title))
    return found


def _within(played: Mapping[str, Any], name: str, limits_ms: tuple[float, float]) -> list[Check]:
    rows = played["observers"][name]["rows"]
    of, enough = figures(rows), len(rows) >= LEAST_OUTAGES
    says = f"{name}: error of the downtime over >= {LEAST_OUTAGES} outages"
    return [
        Check(
            f"{says}, median <= {limits_ms[0]:g} ms", f"{of.median_ms:.1f} ms", enough and of.median_ms <= limits_ms[0]
        ),
        Check(f"{says}, worst <= {limits_ms[1]:g} ms", f"{of.worst_ms:.1f} ms", enough and of.worst_ms <= limits_ms[1]),
    ]


def _inside(played: Mapping[str, Any], title: str) -> Check:
    rows = [row for name, it in played["observers"].items() if name.startswith("blackstart") for row in it["rows"]]
    inside = sum(row["inside"] is True for row in rows)
    return Check(
        f"blackstart at every rate, {title}: the truth inside the bounds, always",
        f"{inside} of {len(rows)}",
        inside == len(rows),
    )


def lines(measured: Measured) -> Iterator[str]:
    """Yield the section."""
    yield prose.HOW
    seed = measured["seed"]
    yield f"Seed {seed}: `python -m benchmarks instruments --seed {seed}` draws these outages again.\n"
    for name, why in measured["absent"].items():
        yield f"**{name}** was not measured in this run: {why}.\n"
    for key, title in (("idle", "An idle machine"), ("busy", "Every core busy")):
        if measured[key] is not None:
            yield from _round_lines(key, title, measured[key])


def _round_lines(key: str, title: str, played: Mapping[str, Any]) -> Iterator[str]:
    observers = played["observers"]
    yield f"### {title}\n"
    busy = f", beside {played['hogs']} processes that only burn time" if "hogs" in played else ""
    switched = [it["switched_ms"] for it in played["truth"]]
    yield (
        f"{len(switched)} outages in {played['seconds']:.0f} s{busy}. The truth is known to "
        f"{statistics.median(switched):.3f} ms (median; {max(switched):.1f} ms where it is known least).\n"
    )
    yield f"![Error of the downtime, an outage a dot](benchmarks/instruments-{key}.svg)\n"
    heads = (
        "observer", "median error, ms", "worst, ms", "bias, ms", "not seen", "truth inside the bounds",
        "probes/s", "CPU a probe, µs", "share of a core",
    )  # fmt: skip
    yield from table(heads, (_observer(name, it) for name, it in observers.items()))
    if key == "idle":
        yield "![The stated bounds around the truth](benchmarks/instruments-bounds.svg)\n"
    yield "Median error / worst error / bias by the kind of the outage, in ms:\n"
    yield from table(("observer", *MODES), (_by_mode(name, it["rows"]) for name, it in observers.items()))


def _observer(name: str, it: Mapping[str, Any]) -> tuple[object, ...]:
    of = figures(it["rows"])
    inside = "states none" if of.inside is None else f"{of.inside} of {of.outages}"
    errors = (f"{of.median_ms:.1f}", f"{of.worst_ms:.1f}", f"{of.bias_ms:+.1f}")
    return (
        name,
        *errors,
        of.missed,
        inside,
        f"{it['probes_per_s']:.1f}",
        it["cpu_us_a_probe"],
        f"{it['core_share']:.1%}",
    )


def _by_mode(name: str, rows: list[dict[str, Any]]) -> tuple[object, ...]:
    return name, *(_brief([row for row in rows if row["mode"] == mode]) for mode in MODES)


def _brief(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "–"
    of = figures(rows)
    return f"{of.median_ms:.0f} / {of.worst_ms:.0f} / {of.bias_ms:+.0f}"


def pictures(measured: Measured) -> dict[str, str]:
    """Return a picture of the errors a round, and one of our bounds."""
    found = {}
    for key in ("idle", "busy"):
        if measured[key] is not None:
            found[f"instruments-{key}.svg"] = picture.errors(measured[key]["observers"])
    found["instruments-bounds.svg"] = picture.bounds(measured["idle"]["observers"], (PLAIN, ADAPTIVE))
    return found


INSTRUMENTS = Part(
    "instruments", "The instruments beside the truth", measure, checks, lines, shape=2, pictures=pictures
)
