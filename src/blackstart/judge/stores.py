"""Stores: what became of the acknowledged writes of each store, and what the verdict says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from blackstart.history import Ledger, Survivors, WriteOutcome
from blackstart.judge.deposed import Deposed, elsewhere, of_store, why_not_read
from blackstart.judge.interval import Interval, as_json, seconds
from blackstart.judge.loss import ACKNOWLEDGED, CLOSED, OPEN, REFUSED, Loss, Writes, match, measure
from blackstart.judge.record import Record

MS = 1_000_000
NO_VERSIONS = "no key is written twice, so that no older version can come back"

_OUTCOMES = np.zeros(4, np.uint8)
for _known, _row in (
    (WriteOutcome.NONE, CLOSED),
    (WriteOutcome.OK, ACKNOWLEDGED),
    (WriteOutcome.FAIL, REFUSED),
    (WriteOutcome.UNKNOWN, OPEN),
):
    _OUTCOMES[_known] = _row


@dataclass(frozen=True)
class Store:
    """One entry of the verdict's ``stores``; ``loss`` is None where it could not be measured, ``why`` says why."""

    name: str
    acknowledged: int | None
    loss: Loss | None = None
    why: str | None = None
    duplicates: int | None = None
    deposed: Deposed | None = None
    not_read: str = ""
    lag_metrics: Mapping[str, Any] = field(default_factory=dict)
    after_failback: bool = False
    rests_on: bool = False

    @property
    def rpo(self) -> Interval | None:
        return None if self.loss is None else self.loss.rpo

    def as_json(self) -> dict[str, Any]:
        loss, deposed = self.loss, self.deposed
        return {
            "acknowledged": self.acknowledged if loss is None else loss.acknowledged,
            "survived": loss and loss.survived,
            "lost": loss and loss.lost,
            "lost_at_most": loss and loss.lost_at_most,
            "indeterminate": loss and loss.indeterminate,
            "recovered_unknown": loss and loss.recovered_unknown,
            "holes": loss and loss.holes,
            "phantoms": loss and loss.phantoms,
            "rolled_back": None,
            "duplicates": self.duplicates,
            "divergent": deposed and deposed.divergent,
            "split_brain": deposed and deposed.split_brain,
            "lost_after_fault": loss
            and {"count": loss.lost_after_fault, "span_s": seconds(loss.lost_after_fault_span)},
            "rpo": as_json(self.rpo),
            "newest_survivor_before_fault": as_json(loss.newest_survivor) if loss else None,
            "engine_gap": deposed and deposed.gap_beside(loss.lost if loss else None),
            "lag_metrics": dict(self.lag_metrics),
            "not_measured": self._not_measured(),
        }

    def _not_measured(self) -> dict[str, str]:
        reasons = {"rolled_back": NO_VERSIONS}
        reasons |= {"divergent": self.not_read} if self.deposed is None else self.deposed.why
        if self.loss is None:
            reasons["loss"] = self.why or "no reason known"
        return reasons


@dataclass(frozen=True)
class Reading:
    """One read-back of a store's survivors, to be set against its ledger. ``zero`` is what its loss counts from."""

    record: Record
    store: str
    label: str
    instrument: str
    ledger: Ledger
    zero: Interval | None
    rests_on: bool

    @property
    def again(self) -> bool:
        return self.label == "after-failback"

    @property
    def survivors(self) -> Survivors | None:
        return self.record.survivors.get((self.store, self.label))

    @property
    def unreadable(self) -> str | None:
        """Why its file could not be read; None where it could, or is not there."""
        return self._damage(f"history/survivors-{self.store}-{self.label}.json")

    def unusable(self) -> str | None:
        """Return why the loss cannot be measured; None where it can."""
        damaged = self._damage(f"history/ledger-{self.instrument}.bin")
        if damaged is not None:
            return f"the ledger is damaged: {damaged}"
        if self.survivors is None:
            return self.unreadable or f"the survivors ({self.label}) were not read"
        if self.survivors.run != self.record.run.get("run"):
            return f"the survivors were read for run '{self.survivors.run}', not for this one"
        return self._misplaced(self.survivors) or self._no_zero()

    def _no_zero(self) -> str | None:
        return "the fault's instant is not known" if self.zero is None else None

    def _misplaced(self, survivors: Survivors) -> str | None:
        """Return why a reading shows nothing of the disaster: taken too early, or from another region."""
        if self.zero is not None and survivors.started_ns < self.zero.latest:
            return f"the survivors ({self.label}) were read before {'the failback' if self.again else 'the fault'}"
        promoted = [event.get("at") for event in self.record.named("phase") if event.get("name") == "promoted"]
        if any(isinstance(at, int) and survivors.started_ns < at for at in promoted):
            return f"the survivors ({self.label}) were read before the promotion"
        regions = (self.record.run.get("environment") or {}).get("regions") or {}
        wanted = regions.get("primary" if self.again else recovers_in(self.record))
        if wanted is not None and not survivors.read_from.endswith(wanted):
            return f"the survivors ({self.label}) were read from {survivors.read_from}, not from {wanted}"
        return None

    def unmeasured(self, why: str | None) -> Store:
        """Return an entry that claims nothing but how much was acknowledged."""
        everything = None if self.again else int(np.count_nonzero(self.ledger.acknowledged))
        return Store(
            self._title, everything, why=why, not_read=why_not_read(self.record),
            after_failback=self.again, rests_on=self.rests_on,
        )  # fmt: skip

    def measured(self, before: Loss | None) -> Store:
        """Return the entry; ``before`` is the loss by the reading before this one."""
        survivors, why = self.survivors, self.unusable()
        if survivors is None or self.zero is None or why is not None:
            return self.unmeasured(why)
        writes = rows_of(self.ledger)
        try:
            survived = match(writes, survivors.ranges)
        except (ValueError, OverflowError) as error:
            return self.unmeasured(str(error))
        old, stalls = _old_endpoint(self.record), self.record.stalls
        loss = measure(writes, survived, survivors.started_ns, self.zero, stalls, old, before)
        deposed = of_store(self.record, survivors, writes, loss)
        return Store(
            self._title, loss.acknowledged, loss,
            duplicates=survivors.duplicates,
            deposed=elsewhere(deposed) if self.again else deposed,
            lag_metrics={} if self.again else lag_metrics(self.record, self.zero, loss.rpo),
            after_failback=self.again,
            rests_on=self.rests_on,
        )  # fmt: skip

    def _damage(self, file: str) -> str | None:
        return next((damage for damage in self.record.damage if damage.startswith(f"{file}:")), None)

    @property
    def _title(self) -> str:
        return f"{self.store}-after-failback" if self.again else self.store


def of_ledger(
    record: Record, instrument: Mapping[str, Any], fault: Interval | None, failback: Interval | None
) -> list[Store]:
    """Return the store's entry, and one more for after the failback where the survivors were read again then."""
    name, store = str(instrument.get("name")), str(instrument.get("store") or instrument.get("name"))
    rests_on = bool(instrument.get("rests_on"))
    ledger = record.ledgers.get(name)
    if ledger is None or not len(ledger):
        nothing = "the ledger recorded nothing"
        return [Store(store, None, why=nothing, not_read=why_not_read(record), rests_on=rests_on)]
    first = Reading(record, store, recovers_in(record), name, ledger, fault, rests_on).measured(None)
    later = Reading(record, store, "after-failback", name, ledger, failback or fault, rests_on)
    if later.survivors is None and later.unreadable is None:
        # Where data was read back once, the way back must not go unread.
        went_back = first.loss is not None and any(e.get("name") == "failed_back" for e in record.named("phase"))
        return [first, later.unmeasured("nobody read them back after the failback")] if went_back else [first]
    if first.loss is None:
        return [first, later.unmeasured(f"the loss before the failback is not known: {first.why}")]
    return [first, later.measured(first.loss)]


def recovers_in(record: Record) -> str:
    """Return which region's database must hold the data in the end: its role, which also labels its survivors."""
    return str(record.run.get("recovers_in") or "standby")


def rows_of(ledger: Ledger) -> Writes:
    """Return the ledger's rows as the arithmetic of loss wants them."""
    return Writes(ledger.blocks, ledger.sent, ledger.done, _OUTCOMES[ledger.outcome], ledger.endpoint)


def lag_metrics(record: Record, fault: Interval, rpo: Interval) -> dict[str, Any]:
    """Return what the service's own lag metrics said, under their names: beside the truth, never as RPO.

    ``rpo_beyond_s`` is by how much the RPO was more than the last reading before the fault; below zero, the less.
    """
    found = {}
    for name, watch in sorted(record.watches.items()):
        if name.startswith("lag"):
            pairs = [(t, v) for t, v in zip(watch.times, map(_lag_ms, watch.values), strict=True) if v is not None]
            before = [v for t, v in pairs if t <= fault.earliest]
            last = before[-1] if before else None
            found[_title(name, watch.values)] = {
                "last_before_fault": last,
                "most": max((v for _, v in pairs), default=None),
                "rpo_beyond_s": None if last is None else as_json(rpo.shifted(round(last * MS))),
            }
    return found


def _lag_ms(reading: Any) -> float | None:
    value = reading.get("ms") if isinstance(reading, Mapping) else reading
    return value if isinstance(value, int | float) else None


def _title(name: str, readings: tuple[Any, ...]) -> str:
    """Return the metric's name, as the service has it, with its region and unit; else the watch's own name."""
    metrics = {str(reading.get("metric")) for reading in readings if isinstance(reading, Mapping)}
    return f"{metrics.pop()} in {name.removeprefix('lag-')}, ms" if len(metrics) == 1 else name


def _old_endpoint(record: Record) -> int | None:
    primary = ((record.run.get("environment") or {}).get("regions") or {}).get("primary")
    return record.regions.index(primary) + 1 if primary in record.regions else None
