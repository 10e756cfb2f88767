"""A canary: one small request at every tick, whether or not earlier ones have been answered."""

import asyncio
import math
import time
from collections import Counter

from blackstart.history.records import Result, Sample, pack_sample
from blackstart.history.writing import RecordFile
from blackstart.observer.exchange import Exchange, Failure
from blackstart.observer.pace import Pacer
from blackstart.observer.plan import CanaryPlan
from blackstart.observer.regions import Regions
from blackstart.observer.target import parse_target, request_bytes
from blackstart.observer.ticker import Ticker

SLACK = 4  # probes outstanding beyond timeout/interval: timers are not exact
_OF_FAILURE = {
    Failure.TIMEOUT: Result.TIMEOUT,
    Failure.REFUSED: Result.REFUSED,
    Failure.RESET: Result.RESET,
    Failure.UNRESOLVED: Result.OTHER,
    Failure.OTHER: Result.OTHER,
    Failure.OBSERVER: Result.INVALID,
}


class Canary:
    """Probes one target and records every tick, sent or not."""

    def __init__(self, plan: CanaryPlan, regions: Regions, file: RecordFile) -> None:
        self.plan = plan
        self.counts: Counter[str] = Counter()
        self.latest: Sample | None = None
        self._regions = regions
        self._file = file
        self._target = parse_target(plan.url, plan.host, plan.ca_file)
        self._request = request_bytes("GET", self._target, {"User-Agent": "blackstart-canary", "Accept": "*/*"})
        self._pacer = Pacer.every(plan.interval_ms * 1_000_000)
        self._slo_ns = round(plan.slo_s * 1e9)
        self._timeout_ns = round(plan.timeout_s * 1e9)
        self._most = math.ceil(plan.timeout_s * 1000 / plan.interval_ms) + SLACK
        self._body = plan.expect_body.encode() if plan.expect_body is not None else None
        self._ticker = Ticker(self._pacer, self._turn)
        self.outstanding = 0

    def start(self, loop: asyncio.AbstractEventLoop, start_ns: int) -> None:
        """Send the first probe at that time."""
        self._loop = loop
        self._pacer.start_ns = start_ns
        self._ticker.start(loop)

    def stop(self) -> None:
        """Send no more; what is outstanding still ends by its own deadline."""
        self._ticker.stop()

    def _turn(self, now_ns: int) -> None:
        turn = self._pacer.turn(now_ns)
        for tick in turn.overdue:
            self._record_unsent(tick, Result.INVALID)
        for tick in turn.send:
            if self.outstanding >= self._most:
                self._record_unsent(tick, Result.SKIPPED)
            else:
                self._send(tick)

    def _send(self, tick: int) -> None:
        scheduled_ns = self._pacer.scheduled(tick)
        self.outstanding += 1
        exchange = Exchange(self._target, self._request, lambda ended: self._ended(tick, scheduled_ns, ended))
        exchange.start(self._loop, scheduled_ns + self._timeout_ns)

    def _ended(self, tick: int, scheduled_ns: int, exchange: Exchange) -> None:
        self.outstanding -= 1
        result = self._result(exchange, scheduled_ns)
        if self._is_own_fault(exchange, scheduled_ns, result):
            result = Result.INVALID
        reply = exchange.reply
        self._record(
            Sample(
                seq=tick,
                scheduled=scheduled_ns,
                sent=exchange.started_ns,
                done=exchange.done_ns,
                status=reply.status if reply else 0,
                result=result,
                served_by=self._regions.of(reply),
                lag_us=_microseconds(exchange.started_ns - scheduled_ns),
            )
        )

    def _result(self, exchange: Exchange, scheduled_ns: int) -> Result:
        reply = exchange.reply
        if reply is None:
            return _OF_FAILURE[exchange.failure or Failure.OTHER]
        if reply.status not in self.plan.expect_status:
            return Result.WRONG_STATUS
        if self._body is not None and self._body not in reply.body:
            return Result.WRONG_BODY
        return Result.GOOD if exchange.done_ns - scheduled_ns <= self._slo_ns else Result.SLOW

    def _is_own_fault(self, exchange: Exchange, scheduled_ns: int, result: Result) -> bool:
        """Return whether a stall of the observer explains why an answer was late, or why there was none.

        A reply read late is excused if it was in time without the stall. No reply at all is a fact, unless the
        stall kept the request from being sent: then the target had less than half its time.
        """
        elapsed_ns = exchange.done_ns - scheduled_ns
        if result is Result.SLOW:
            return elapsed_ns - self._pacer.stalled_ns(exchange.started_ns, exchange.done_ns) <= self._slo_ns
        if result is Result.TIMEOUT:
            sent_by_ns = exchange.written_ns or exchange.done_ns
            return elapsed_ns - self._pacer.stalled_ns(exchange.started_ns, sent_by_ns) <= self._slo_ns // 2
        return False

    def _record_unsent(self, tick: int, result: Result) -> None:
        scheduled_ns = self._pacer.scheduled(tick)
        lag_us = _microseconds(time.monotonic_ns() - scheduled_ns)
        self._record(Sample(tick, scheduled_ns, 0, 0, 0, result, 0, lag_us))

    def _record(self, sample: Sample) -> None:
        self.counts[Result(sample.result).name.lower()] += 1
        if sample.result < Result.SKIPPED:
            self.latest = sample
        self._file.append(pack_sample(sample))

    def state(self, now_ns: int) -> dict[str, object]:
        """Return what it sees now: the latest answer, "silent" where there is none that is fresh."""
        latest = self.latest
        fresh_ns = self._timeout_ns + 2 * self._pacer.interval_ns + 250_000_000
        if latest is None or now_ns - latest.done > fresh_ns:
            return {"state": "silent", "served_by": None, "latency_ms": None}
        return {
            "state": "good" if latest.result == Result.GOOD else "bad",
            "served_by": self._regions.name(latest.served_by),
            "latency_ms": round((latest.done - latest.scheduled) / 1e6, 1),
        }


def _microseconds(ns: int) -> int:
    return min(max(0, ns // 1000), 0xFFFFFFFF)
