"""One observation: all instruments of a plan, their heartbeat and their files, and an orderly end."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackstart.clock import Anchor, SystemClock
from blackstart.history import seal
from blackstart.history.ledger_file import LedgerFile
from blackstart.history.records import check_samples, pack_beat
from blackstart.history.writing import CANARY_FLUSH_S, RecordFile, write_json
from blackstart.observer.canary import Canary
from blackstart.observer.closer_look import Budget
from blackstart.observer.ledger_writer import LedgerWriter
from blackstart.observer.pace import Pacer
from blackstart.observer.plan import CanaryPlan, LedgerPlan, Plan
from blackstart.observer.questions import question
from blackstart.observer.regions import Regions
from blackstart.observer.sql_plan import SqlLedgerPlan
from blackstart.observer.ticker import Ticker
from blackstart.observer.voice import Voice
from blackstart.outcome import BlackstartError, Exit

if TYPE_CHECKING:
    from blackstart.observer.sql_ledger import SqlLedgerWriter

BEAT_NS = 100_000_000
STATE_NS = 250_000_000
HEAD_START_NS = 5_000_000  # from starting the instruments to the first tick
DISK_PATIENCE_S = 20.0


class Observation:
    """One run of all instruments of a plan."""

    def __init__(self, plan: Plan, voice: Voice) -> None:
        self.plan = plan
        self.out = Path(plan.out)
        self._voice = voice
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[tuple[str, str | None]] = self._loop.create_future()
        self._files: list[RecordFile] = []
        self._regions = Regions(plan.served_by, plan.served_by_header)
        self._tickers: list[Ticker] = []
        self._beats = 0
        self.canaries = [self._canary(canary) for canary in plan.canaries]
        if plan.adaptive is not None:
            budget = Budget(plan.adaptive.most_per_s)
            for canary in self.canaries:
                canary.adapt(plan.adaptive, budget)
        self.ledgers = [self._ledger(ledger) for ledger in plan.ledgers]
        self._heartbeat = self._file("heartbeat.bin")

    def end(self, reason: str, detail: str | None = None) -> None:
        """End the observation; the first reason counts."""
        if not self._ended.done():
            self._ended.set_result((reason, detail))

    def orphaned(self) -> None:
        """Go on for the plan's linger time, so that the outage's end is still seen, then end."""
        self._loop.call_later(self.plan.linger_s, self.end, "orphaned")

    async def run(self) -> Exit:
        """Observe until something ends it; return the process's exit code."""
        try:
            for ledger in self.ledgers:
                ledger.prepare(DISK_PATIENCE_S)
        except OSError as error:
            return self._close("failed", f"nothing was written: {error}")
        self._start()
        self._voice.say({"event": "ready"})
        reason, detail = await self._ended
        for instrument in self.instruments:
            instrument.stop()
        # Every exchange ends by its own deadline, so this does too.
        while reason != "failed" and any(part.outstanding for part in self.instruments):  # noqa: ASYNC110 - brief
            await asyncio.sleep(0.01)
        return self._close(reason, detail)

    def _start(self) -> None:
        start_ns = time.monotonic_ns() + HEAD_START_NS
        for number, canary in enumerate(self.canaries):
            # Spread over the interval, so that no two canaries are sent at the same instant.
            canary.start(self._loop, start_ns + number * canary.plan.interval_ms * 1_000_000 // len(self.canaries))
        for ledger in self.ledgers:
            ledger.start(self._loop, start_ns)
        for interval_ns, act in ((BEAT_NS, self._beat), (STATE_NS, self._tell)):
            ticker = Ticker(pacer := Pacer.every(interval_ns, start_ns), self._taking_turns(pacer, act))
            ticker.start(self._loop)
            self._tickers.append(ticker)
        if self.plan.duration_s is not None:
            self._loop.call_later(self.plan.duration_s, self.end, "duration")

    @property
    def instruments(self) -> "list[Canary | LedgerWriter | SqlLedgerWriter]":
        return [*self.canaries, *self.ledgers]

    def _close(self, reason: str, detail: str | None) -> Exit:
        for ledger in self.ledgers:
            ledger.finish()
        for ticker in self._tickers:
            ticker.stop()
        for file in self._files:
            try:
                file.close()
            except OSError as error:
                reason, detail = "failed", _disk_failure(file.path.name, error)
        # By word as well: a full disk takes no file.
        self._voice.say({"event": "ended", "reason": reason, "detail": detail})
        # A second anchor: if the two clocks disagree on how long this took, the wall clock was set in between.
        anchor = Anchor.take(SystemClock())
        ended = {"ended_ns": anchor.monotonic_ns, "wall": anchor.wall, "reason": reason, "detail": detail}
        write_json(self.out / "observer.json", seal.sealed(ended | {"counts": self._counts()}, self._digests()))
        if reason == "failed":
            raise BlackstartError(f"observer: {detail}")
        return Exit.MET

    def _digests(self) -> dict[str, str]:
        """Return what was written to each file, but for ledgers."""
        own = {file.path.name: file.sha256.hexdigest() for file in self._files if file.sha256 and not file.error}
        told = {name: seal.digest(path) for name in ("plan.json", "clock.json") if (path := self.out / name).exists()}
        return own | told

    def _counts(self) -> dict[str, Any]:
        return {
            "canaries": {canary.plan.name: dict(canary.counts) for canary in self.canaries},
            "ledgers": {ledger.plan.name: dict(ledger.counts) for ledger in self.ledgers},
            "beats": self._beats,
        }

    def _canary(self, plan: CanaryPlan) -> Canary:
        asked = question(plan, self._regions)
        file = self._file(f"canary-{plan.name}.bin", check_samples)
        answers = self._file(f"answers-{plan.name}.jsonl") if asked.keeps_answers else None
        return Canary(plan, asked, self._regions, file, answers)

    def _ledger(self, plan: LedgerPlan | SqlLedgerPlan) -> "LedgerWriter | SqlLedgerWriter":
        name = f"ledger-{plan.name}.bin"
        file = self._kept(LedgerFile(self.out / name, on_error=self._ending(name)))
        if isinstance(plan, LedgerPlan):
            return LedgerWriter(plan, self._regions, file)
        from blackstart.observer.sql_ledger import SqlLedgerWriter  # noqa: PLC0415 - psycopg is heavy, and rarely used

        return SqlLedgerWriter(plan, self._regions, self.plan.served_by, file)

    def _file(self, name: str, finish: Callable[[bytearray], None] | None = None) -> RecordFile:
        ends = self._ending(name)
        file = RecordFile(self.out / name, flush_s=CANARY_FLUSH_S, sync=False, finish=finish, on_error=ends)
        return self._kept(file)

    def _kept[File: RecordFile](self, file: File) -> File:
        """Close it with the observation."""
        self._files.append(file)
        return file

    def _ending(self, name: str) -> Callable[[OSError], None]:
        """Return what a file that cannot be written does: it ends the observation, from its own thread."""

        def failed(error: OSError) -> None:
            self._loop.call_soon_threadsafe(self.end, "failed", _disk_failure(name, error))

        return failed

    def _taking_turns(self, pacer: Pacer, act: Callable[[int], None]) -> Callable[[int], None]:
        def turn(now_ns: int) -> None:
            pacer.turn(now_ns)
            act(now_ns)

        return turn

    def _beat(self, now_ns: int) -> None:
        self._beats += 1
        self._heartbeat.append(pack_beat(now_ns))

    def _tell(self, now_ns: int) -> None:
        self._voice.say(self.state(now_ns))

    def state(self, now_ns: int) -> dict[str, Any]:
        """Return what every instrument sees now."""
        return {
            "event": "state",
            "canaries": {canary.plan.name: canary.state(now_ns) for canary in self.canaries},
            "ledgers": {ledger.plan.name: ledger.state() for ledger in self.ledgers},
        }


def _disk_failure(name: str, error: OSError) -> str:
    return f"{name} cannot be written: {error.strerror or error}; what was recorded before is kept"
