"""A ledger that writes straight into a table: one connection a writer, acknowledged when its COMMIT has returned."""

import asyncio
import math
import time
from collections import Counter

from blackstart.history.ledger_file import LedgerFile
from blackstart.history.records import Kind
from blackstart.observer.pace import Pacer
from blackstart.observer.regions import Regions
from blackstart.observer.sequences import Sequences, block_length, prepare
from blackstart.observer.sql_plan import SqlLedgerPlan
from blackstart.observer.sql_session import Session
from blackstart.observer.ticker import Ticker

VERSION = 1
SLACK = 4  # writes outstanding beyond rate x timeout: timers are not exact
LATE_NS = 100_000_000


class SqlLedgerWriter:
    """Writes at a steady rate, and remembers what was acknowledged, and by which region.

    An open loop: a write whose connection is taken waits for it, and has failed when its time is over before that.
    """

    def __init__(self, plan: SqlLedgerPlan, regions: Regions, served_by: tuple[str, ...], file: LedgerFile) -> None:
        self.plan = plan
        self.counts: Counter[str] = Counter()
        self.outstanding = 0
        self._regions, self._file = regions, file
        self._pacer = Pacer.every(round(1e9 / plan.rate_per_s), late_ns=LATE_NS)
        self._most = math.ceil(plan.timeout_s * plan.rate_per_s) + SLACK
        block = block_length(plan.rate_per_s, plan.writers)
        self._sequences = [Sequences(writer, file, block) for writer in range(plan.writers)]
        self._sessions = [Session(plan.database, served_by, plan.timeout_s) for _ in range(plan.writers)]
        self._ticker = Ticker(self._pacer, self._turn)
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeping: list[asyncio.Task[None]] = []

    def prepare(self, timeout_s: float) -> None:
        """Reserve the first blocks and wait until they are on the disk. Raises OSError if they don't get there."""
        prepare(self._sequences, self._file, timeout_s)

    def start(self, loop: asyncio.AbstractEventLoop, start_ns: int) -> None:
        """Connect, and send the first write at that time."""
        self._loop = loop
        self._keeping = [loop.create_task(session.keep()) for session in self._sessions]
        self._pacer.start_ns = start_ns
        self._ticker.start(loop)

    def stop(self) -> None:
        """Write no more; what is outstanding still ends by its own deadline."""
        self._ticker.stop()

    def finish(self) -> None:
        """Hand back the sequences that were never used, and connect no more."""
        for task in self._keeping:
            task.cancel()
        for sequences in self._sequences:
            sequences.hand_back(time.monotonic_ns())

    def state(self) -> dict[str, int]:
        """Return how many writes have ended in which way."""
        return {name: self.counts[name] for name in ("acknowledged", "unknown", "failed")}

    def _turn(self, now_ns: int) -> None:
        turn = self._pacer.turn(now_ns)
        self.counts["invalid"] += len(turn.overdue)
        for tick in turn.send:
            self._begin(tick, now_ns)

    def _begin(self, tick: int, now_ns: int) -> None:
        writer = tick % self.plan.writers
        seq = self._sequences[writer].take(now_ns) if self.outstanding < self._most else None
        if seq is None:
            self.counts["skipped"] += 1
            return
        self.outstanding += 1
        task = self._loop.create_task(self._write(self._sessions[writer], writer, seq, self._pacer.scheduled(tick)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, session: Session, writer: int, seq: int, scheduled_ns: int) -> None:
        plan = self.plan
        key = f"{plan.run}-{writer}-{seq}"
        sent_ns = time.monotonic_ns()
        deadline_s = self._loop.time() + plan.timeout_s - (sent_ns - scheduled_ns) / 1e9
        self._journal(Kind.SENT, writer, seq, sent_ns, 0, scheduled_ns)
        parameters = {"run": plan.run, "writer": writer, "seq": seq, "key": key, "version": VERSION}
        kind, code, region = await session.write(parameters, deadline_s)
        endpoint = self._regions.number(region)
        aux = VERSION if kind is Kind.ACKNOWLEDGED else code
        self._journal(kind, writer, seq, time.monotonic_ns(), endpoint, aux)
        self.outstanding -= 1

    def _journal(self, kind: Kind, writer: int, seq: int, time_ns: int, endpoint: int, aux: int) -> None:
        self.counts[kind.name.lower()] += 1
        self._file.record(kind, writer, seq, time_ns, endpoint, aux)
