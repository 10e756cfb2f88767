"""A ledger: writes at a steady rate, each one journaled before it is sent and after it is answered."""

import asyncio
import math
import time
from collections import Counter

from blackstart.history.ledger_file import LedgerFile
from blackstart.history.records import Kind
from blackstart.observer.classification import classify
from blackstart.observer.exchange import Exchange
from blackstart.observer.pace import Pacer
from blackstart.observer.plan import LedgerPlan
from blackstart.observer.regions import Regions
from blackstart.observer.sequences import Sequences, block_length, prepare
from blackstart.observer.template import RequestTemplate
from blackstart.observer.ticker import Ticker

VERSION = 1  # every write is a new one: nothing is written twice, a timed-out write least of all
SLACK = 4  # writes outstanding beyond rate x timeout: timers are not exact
# A late write is as true as any, since its own send time is kept; what a long stall missed is not made up for.
LATE_NS = 100_000_000


class LedgerWriter:
    """Writes, and remembers what was acknowledged.

    A tick that the observer misses, or for which it has no free place, uses no sequence: it is counted as
    invalid or skipped, and shows as a gap between the scheduled times.
    """

    def __init__(self, plan: LedgerPlan, regions: Regions, file: LedgerFile) -> None:
        self.plan = plan
        self.counts: Counter[str] = Counter()
        self.outstanding = 0
        self._regions = regions
        self._file = file
        self._template = RequestTemplate(plan.request, plan.run)
        self._pacer = Pacer.every(round(1e9 / plan.rate_per_s), late_ns=LATE_NS)
        self._timeout_ns = round(plan.timeout_s * 1e9)
        self._most = math.ceil(plan.timeout_s * plan.rate_per_s) + SLACK
        block = block_length(plan.rate_per_s, plan.writers)
        self._sequences = [Sequences(writer, file, block) for writer in range(plan.writers)]
        self._ticker = Ticker(self._pacer, self._turn)

    def prepare(self, timeout_s: float) -> None:
        """Reserve the first blocks and wait until they are on the disk. Raises OSError if they don't get there."""
        prepare(self._sequences, self._file, timeout_s)

    def start(self, loop: asyncio.AbstractEventLoop, start_ns: int) -> None:
        """Send the first write at that time."""
        self._loop = loop
        self._pacer.start_ns = start_ns
        self._ticker.start(loop)

    def stop(self) -> None:
        """Write no more; what is outstanding still ends by its own deadline."""
        self._ticker.stop()

    def finish(self) -> None:
        """Hand back the sequences that were never used."""
        for sequences in self._sequences:
            sequences.hand_back(time.monotonic_ns())

    def _turn(self, now_ns: int) -> None:
        turn = self._pacer.turn(now_ns)
        self.counts["invalid"] += len(turn.overdue)
        for tick in turn.send:
            self._write(tick, now_ns)

    def _write(self, tick: int, now_ns: int) -> None:
        writer = tick % self.plan.writers
        seq = self._sequences[writer].take(now_ns) if self.outstanding < self._most else None
        if seq is None:
            self.counts["skipped"] += 1
            return
        scheduled_ns = self._pacer.scheduled(tick)
        request = self._template.fill(writer, seq, VERSION)
        self._journal(Kind.SENT, writer, seq, time.monotonic_ns(), 0, scheduled_ns)
        self.outstanding += 1
        exchange = Exchange(self._template.target, request, lambda ended: self._ended(writer, seq, ended))
        exchange.start(self._loop, scheduled_ns + self._timeout_ns)

    def _ended(self, writer: int, seq: int, exchange: Exchange) -> None:
        self.outstanding -= 1
        kind, code = classify(exchange, self.plan.request.acknowledged)
        aux = VERSION if kind is Kind.ACKNOWLEDGED else code
        self._journal(kind, writer, seq, exchange.done_ns, self._regions.of(exchange.reply), aux)

    def _journal(self, kind: Kind, writer: int, seq: int, time_ns: int, endpoint: int, aux: int) -> None:
        self.counts[kind.name.lower()] += 1
        self._file.record(kind, writer, seq, time_ns, endpoint, aux)

    def state(self) -> dict[str, int]:
        """Return how many writes have ended in which way."""
        return {name: self.counts[name] for name in ("acknowledged", "unknown", "failed")}
