"""The application's cache, as its answers tell of it: how many came from the cache, and when it is warm."""

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Any

import requests
from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, eventually

__all__ = ["cache_hit_ratio", "cache_warm"]

READS = 20
"""As many as the judge demands of a warm service."""
SPARE = READS // 20
"""A warm cache misses now and then, where an entry has aged out."""
PAUSE_S = 0.025
TIMEOUT_S = 2.0


def cache_hit_ratio(
    at_least: float = 0.0, at_most: float = 1.0, within_s: float = 0.0, configuration: Configuration = None
) -> dict[str, Any]:
    """Tell the share of reads through the accelerator that the application answers from its cache.

    It fails outside of the bounds, and where a read is not answered as it should be.

    :param at_least: the lowest share that is as it should be, 0 to 1
    :param at_most: the highest: 0 shows that the service lives without its cache
    :param within_s: for how long to try again: a busy application leaves its cache alone now and then
    """
    here = setting(configuration)
    try:
        return {"evidence": eventually(here, lambda: _ratio(here, at_least, at_most), within_s=within_s)}
    except NotProvedError as error:
        raise ActivityFailed(str(error)) from error


def _ratio(here: Setting, at_least: float, at_most: float) -> str:
    hits = 0
    for _ in range(READS):
        read = _read(here)
        if read.wrong:
            raise NotProvedError(read.wrong)
        hits += read.hit
        here.clock.sleep(PAUSE_S)
    told = f"{hits} of {READS} reads came from the cache"
    if not at_least <= hits / READS <= at_most:
        raise NotProvedError(f"{told}: {hits / READS:.0%}, not {at_least:.0%} to {at_most:.0%}")
    return told


def cache_warm(within_s: float | None = None, configuration: Configuration = None) -> dict[str, Any]:
    """Wait until 19 of 20 reads in a row come from the cache, and tell that as the phase ``warm``.

    It is dated back to the first of them, and bounded below by the read before.

    :param within_s: how long to wait for it; the topology's patience by default
    """
    here = setting(configuration)
    limit = here.clock.now_ns() + int((here.topology.patience if within_s is None else within_s) * 1e9)
    earliest = here.clock.now_ns()
    window: deque[_Reading] = deque()
    while True:
        last = _read(here)
        window.append(last)
        while window and not (window[0].hit and _spared(window)):
            earliest = window.popleft().sent_ns
        if len(window) == READS:
            return {"evidence": _evidence(window), "phase": _phase(window, earliest)}
        if here.clock.now_ns() > limit:
            raise ActivityFailed(f"the cache is not warm: {last.wrong or f'{len(window)} reads from it in a row'}")
        here.clock.sleep(PAUSE_S)


@dataclass(frozen=True)
class _Reading:
    """One read: when it was sent and answered, whether from the cache, and what was wrong with it, if anything."""

    sent_ns: int
    done_ns: int
    hit: bool
    wrong: str | None


def _read(here: Setting) -> _Reading:
    read = here.topology.orders.read
    if read.cache is None:
        raise LookupError(f"orders.read.cache is not in topology {here.topology.name!r}: add the header that tells")
    url = here.topology.accelerator.url + read.path
    sent = here.clock.now_ns()
    try:
        answer = requests.get(url, timeout=TIMEOUT_S)
    except requests.RequestException as error:
        return _Reading(sent, here.clock.now_ns(), hit=False, wrong=f"{url} gave no answer ({type(error).__name__})")
    done, good = here.clock.now_ns(), answer.status_code in read.status
    if good and read.cache.header not in answer.headers:
        raise LookupError(f"{url} answers without the header {read.cache.header}: mend orders.read.cache")
    hit = good and answer.headers[read.cache.header] == read.cache.hit
    return _Reading(sent, done, hit, None if good else f"{url} answered {answer.status_code}")


def _spared(window: deque[_Reading]) -> bool:
    return sum(not reading.hit for reading in islice(window, 1, None)) <= SPARE


def _evidence(window: deque[_Reading]) -> str:
    return f"{sum(reading.hit for reading in window)} of {READS} reads in a row came from the cache"


def _phase(window: deque[_Reading], earliest: int) -> dict[str, Any]:
    first = window[0].done_ns
    return {"name": "warm", "earliest": earliest, "at": first, "latest": first, "source": f"HTTP: {_evidence(window)}"}
