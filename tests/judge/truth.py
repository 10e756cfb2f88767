"""What truly went wrong in a simulated record, and what of the judge's statements is not true.

A failure is a bad probe's own truth: the outage that it met, or, where the network lost it or held it up, the instant
of its sending. Failures belong together where fewer good probes than the stabilisation window lie between them: then
the outage lasts from the first one's beginning to the last one's end.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from blackstart.judge.interval import Interval
from blackstart.judge.outages import Outage, widest_hole_ns
from blackstart.judge.series import Judged, Series

from .simulation import Array, Prober, Probes, Service


@dataclass(frozen=True)
class Truth:
    """One outage as it was, in ns; ``ended``: it stayed good afterwards for the window, within the record."""

    begin: int
    end: int
    ended: bool


def raw(probes: Probes, prober: Prober) -> Series:
    """Return the probes as the judge reads them; ``served_by`` numbers them, to find each one's truth again."""
    return Series(
        "canary", "http", probes.scheduled, probes.sent, probes.done, probes.result.astype(np.uint8),
        np.arange(len(probes), dtype=np.uint16), probes.status.astype(np.uint16), prober.regions, prober.slo_ns,
        prober.timeout_ns, probes.extra,
    )  # fmt: skip


@dataclass(frozen=True)
class Failures:
    """The truth of each bad probe that counts, in the order sent. ``well_ns``: how long good ones were seen next."""

    begin: Array
    end: Array
    well_ns: Array

    @classmethod
    def of(cls, probes: Probes, counted: Judged) -> "Failures":
        bad = np.flatnonzero(~counted.good)
        which = counted.served_by[bad]
        sent = np.append(counted.sent, counted.sent[-1:] + counted.step_ns)
        following = np.append(bad[1:], len(counted))
        until = np.minimum(sent[following], sent[following - 1] + counted.step_ns)
        return cls(probes.failed_from[which], probes.failed_to[which], until - sent[bad + 1])

    def outages(self, stable_ns: int) -> list[Truth]:
        """Return what belongs together."""
        last = np.flatnonzero(self.well_ns >= stable_ns)
        edges = sorted({0, *(last + 1).tolist(), len(self.begin)})
        pieces = [slice(*pair) for pair in itertools.pairwise(edges)]
        return [
            Truth(int(self.begin[p].min()), int(self.end[p].max()), bool(self.well_ns[p][-1] >= stable_ns))
            for p in pieces
        ]


def untrue(
    service: Service, probes: Probes, counted: Judged, found: list[Outage], prober: Prober, stable_ns: int
) -> Iterator[str]:
    """Yield each statement of the judge that is not true."""
    failures = Failures.of(probes, counted)
    if (failures.begin < 0).any():
        yield "what was well was taken for bad"
    true = failures.outages(stable_ns)
    if len(found) != len(true):
        yield f"{len(found)} outages were found, not {len(true)}"
        return
    for outage, was in zip(found, true, strict=True):
        yield from _untrue(outage, was)
    slack = prober.slo_ns + int(np.diff(counted.sent).max(initial=0))
    yield from _parted_wrongly(failures, true, stable_ns, slack)
    yield from _hidden(service, failures, counted)


def _untrue(outage: Outage, was: Truth) -> Iterator[str]:
    yield from outside("start", outage.start, was.begin)
    yield from outside("end", outage.end, was.end)
    yield from outside("downtime", outage.downtime, was.end - was.begin)
    if (outage.end is not None) is not was.ended:
        yield f"that it ended is not {was.ended}"
    if outage.surely_by < was.begin:
        yield f"not surely begun by {outage.surely_by}, but at {was.begin}"
    if outage.not_before > was.end:
        yield f"not lasting to {outage.not_before}, but to {was.end}"


def outside(name: str, stated: Interval | None, true: int) -> Iterator[str]:
    """Yield it where the truth is not inside of what is stated, or the point is not."""
    if stated is None:
        return
    if not stated.earliest <= true <= stated.latest:
        yield f"the true {name}, {true}, is not in [{stated.earliest}, {stated.latest}]"
    if not stated.earliest <= stated.point <= stated.latest:
        yield f"the {name}'s point, {stated.point}, is not in [{stated.earliest}, {stated.latest}]"


def _parted_wrongly(failures: Failures, true: list[Truth], stable_ns: int, slack: int) -> Iterator[str]:
    """Yield where the service was well for clearly longer, or shorter, than the window, and was not judged so."""
    for before, after in itertools.pairwise(true):
        if after.begin - before.end < stable_ns - slack:
            yield f"two outages, though well for only {after.begin - before.end}"
    for was in true:
        inside = (failures.begin >= was.begin) & (failures.end <= was.end)
        order = np.argsort(failures.begin[inside], kind="stable")
        begin, end = failures.begin[inside][order], np.maximum.accumulate(failures.end[inside][order])
        longest = int((begin[1:] - end[:-1]).max(initial=0))
        if longest >= stable_ns + slack:
            yield f"one outage, though well for {longest} in between"


def _hidden(service: Service, failures: Failures, counted: Judged) -> Iterator[str]:
    """Yield the outages that no probe met and that are longer than what could hide between the good ones."""
    for begin, end in service.down:
        if (failures.begin == begin).any() or not len(counted) or begin < counted.sent[0] or end > counted.sent[-1]:
            continue
        after = counted.sent[counted.good & (counted.sent >= end)]
        hole = widest_hole_ns(counted, begin, int(after[0]) if after.size else int(counted.sent[-1]))
        if hole is not None and end - begin > hole:
            yield f"an outage from {begin} to {end} is hidden, though none of more than {hole} could be"
