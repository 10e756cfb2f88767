"""A canary: one small question at every tick, whether or not earlier ones have been answered."""

import asyncio
import json
import math
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

from blackstart.history.records import EXTRA, Result, Sample, open_sample
from blackstart.history.writing import RecordFile
from blackstart.observer.attempt import Attempt
from blackstart.observer.canary_plan import CanaryPlan
from blackstart.observer.closer_look import Budget, CloserLook, Suspicion
from blackstart.observer.pace import Pacer
from blackstart.observer.plan import Adaptive
from blackstart.observer.questions import Question
from blackstart.observer.regions import Regions
from blackstart.observer.ticker import Ticker

SLACK = 4  # probes outstanding beyond timeout/interval: timers are not exact


class Canary:
    """Asks one question and records every tick, sent or not."""

    def __init__(
        self,
        plan: CanaryPlan,
        question: Question,
        regions: Regions,
        file: RecordFile,
        answers: RecordFile | None = None,
    ) -> None:
        self.plan = plan
        self.counts: Counter[str] = Counter()
        self.latest: Sample | None = None
        self._question = question
        self._regions = regions
        self._file = file
        self._answers = answers
        self._said: Mapping[str, Any] = {}
        self._pacer = Pacer.every(plan.interval_ms * 1_000_000)
        self._slo_ns = round(plan.slo_s * 1e9)
        self._timeout_ns = round(plan.timeout_s * 1e9)
        self._most = math.ceil(plan.timeout_s * 1000 / plan.interval_ms) + SLACK
        self._ticker = Ticker(self._pacer, self._turn)
        self._seq = 0
        self._waiting: dict[int, int] = {}  # when each probe under way was scheduled, the oldest first
        self._extra_waiting = 0
        self._suspicion = Suspicion(self._pacer.interval_ns, self._slo_ns)
        self._closer: CloserLook | None = None

    @property
    def outstanding(self) -> int:
        """How many probes wait for their answer."""
        return len(self._waiting)

    def adapt(self, plan: Adaptive, budget: Budget) -> None:
        """Look closer while an outage lasts, out of a budget that all canaries share.

        Not at a database: its connections are few, and looking closer would take them from its clients.
        """
        if self.plan.kind != "sql":
            self._closer = CloserLook(plan, budget, self._pacer, self._send_extra)

    def start(self, loop: asyncio.AbstractEventLoop, start_ns: int) -> None:
        """Send the first probe at that time."""
        self._loop = loop
        self._pacer.start_ns = start_ns
        self._ticker.start(loop)

    def stop(self) -> None:
        """Send no more; what is outstanding still ends by its own deadline."""
        self._ticker.stop()
        closer, self._closer = self._closer, None  # what ends from now on must not begin another look
        if closer is not None:
            closer.end()

    def _turn(self, now_ns: int) -> None:
        turn = self._pacer.turn(now_ns)
        for tick in turn.overdue:
            self._record_unsent(self._pacer.scheduled(tick), Result.INVALID)
        for tick in turn.send:
            if len(self._waiting) - self._extra_waiting >= self._most:
                self._record_unsent(self._pacer.scheduled(tick), Result.SKIPPED)
            else:
                self._send(self._pacer.scheduled(tick))
        if self._closer is not None:
            self._look(now_ns)

    def _look(self, now_ns: int) -> None:
        assert self._closer is not None
        if self._suspicion.stirred(self._waiting.values(), now_ns):
            self._closer.begin(self._loop, now_ns)
        else:
            self._closer.end()

    def _send_extra(self, scheduled_ns: int) -> None:
        self._extra_waiting += 1
        self._send(scheduled_ns, EXTRA)

    def _send(self, scheduled_ns: int, flags: int = 0) -> None:
        seq = self._next()
        self._waiting[seq] = scheduled_ns
        attempt = self._question.ask(partial(self._ended, seq, flags))
        attempt.start(self._loop, scheduled_ns + self._timeout_ns)

    def _ended(self, seq: int, flags: int, attempt: Attempt) -> None:
        scheduled_ns = self._waiting.pop(seq)
        self._extra_waiting -= flags & EXTRA
        answer = self._question.answer(attempt)
        result = answer.result
        if result is Result.GOOD and attempt.done_ns - scheduled_ns > self._slo_ns:
            result = Result.SLOW
        if self._is_own_fault(attempt, scheduled_ns, result):
            result = Result.INVALID
        sample = Sample(
            seq=seq,
            scheduled=scheduled_ns,
            sent=attempt.started_ns,
            done=attempt.done_ns,
            status=answer.status,
            result=result,
            served_by=answer.served_by,
            lag_us=_microseconds(attempt.started_ns - scheduled_ns),
            flags=flags,
        )
        self._record(sample)
        if answer.said is not None:
            self._keep(answer.said, sample)
        if self._closer is not None:
            self._judge_closeness(sample)

    def _is_own_fault(self, attempt: Attempt, scheduled_ns: int, result: Result) -> bool:
        """Return whether a stall of the observer explains why an answer was late, or why there was none.

        A reply read late is excused if it was in time without the stall. No reply at all is a fact, unless the
        stall kept the request from being sent: then the target had less than half its time.
        """
        elapsed_ns = attempt.done_ns - scheduled_ns
        if result is Result.SLOW:
            return elapsed_ns - self._pacer.stalled_ns(attempt.started_ns, attempt.done_ns) <= self._slo_ns
        if result is Result.TIMEOUT:
            sent_by_ns = attempt.written_ns or attempt.done_ns
            return elapsed_ns - self._pacer.stalled_ns(attempt.started_ns, sent_by_ns) <= self._slo_ns // 2
        return False

    def _judge_closeness(self, sample: Sample) -> None:
        if sample.result == Result.GOOD:
            self._suspicion.good(sample.done - sample.scheduled)
        elif sample.result < Result.SKIPPED:
            self._suspicion.bad(sample.done)
            self._look(sample.done)

    def _keep(self, said: Mapping[str, Any], sample: Sample) -> None:
        """Record what was answered where it is new. A cache counts its TTL down: only a fresh one is news."""
        before = self._said
        self._said = said
        known = {name: value for name, value in before.items() if name != "ttl_s"}
        same = known == {name: value for name, value in said.items() if name != "ttl_s"}
        if self._answers is None or (same and (said.get("ttl_s") or 0) <= (before.get("ttl_s") or 0)):
            return
        line = json.dumps({"t": sample.done, "value": {"seq": sample.seq, **said}}, sort_keys=True)
        self._answers.append(line.encode() + b"\n")

    def _record_unsent(self, scheduled_ns: int, result: Result) -> None:
        lag_us = _microseconds(time.monotonic_ns() - scheduled_ns)
        self._record(Sample(self._next(), scheduled_ns, 0, 0, 0, result, 0, lag_us))

    def _next(self) -> int:
        self._seq += 1
        return self._seq - 1

    def _record(self, sample: Sample) -> None:
        self.counts[_NAMES[sample.result]] += 1
        if sample.result < Result.SKIPPED:
            self.latest = sample
        self._file.append(open_sample(*sample))

    def state(self, now_ns: int) -> dict[str, object]:
        """Return what it sees now: the latest answer ("silent": none is fresh), and how many were good and bad."""
        latest = self.latest
        fresh_ns = self._timeout_ns + 2 * self._pacer.interval_ns + 250_000_000
        good, probes = self.counts["good"], self.counts.total()
        counted = {"good": good, "bad": probes - good - self.counts["skipped"] - self.counts["invalid"]}
        if latest is None or now_ns - latest.done > fresh_ns:
            return {"state": "silent", "served_by": None, "latency_ms": None, **counted}
        return {
            "state": "good" if latest.result == Result.GOOD else "bad",
            "served_by": self._regions.name(latest.served_by),
            "latency_ms": round((latest.done - latest.scheduled) / 1e6, 1),
            **counted,
        }


_NAMES = {int(result): result.name.lower() for result in Result}


def _microseconds(ns: int) -> int:
    return min(max(0, ns // 1000), 0xFFFFFFFF)
