"""Coverage: whether an instrument delivered data through the whole window, and the observer was awake in it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from blackstart.judge.interval import NS, seconds
from blackstart.judge.series import Judged, Series
from blackstart.judge.stalls import Times

LONGEST_GAP_NS = 2 * NS
"""How long an instrument or the observer may be silent before the record says too little."""
GAP_STEPS = 5
"""A slow instrument may miss this many probes, however long that takes."""

Window = tuple[int, int]


def window_of(events: list[Mapping[str, Any]]) -> Window | None:
    """Return the span that every instrument must cover, as the last such event has it."""
    for event in reversed(events):
        start, end = event.get("from"), event.get("to")
        if isinstance(start, int) and isinstance(end, int) and start < end:
            return start, end
    return None


def gaps(series: Judged, raw: Series, window: Window) -> str | None:
    """Return in a sentence where an instrument delivered nothing for too long; None where it did deliver.

    At the window's end probes may still have waited for their answer.
    """
    start, end = window
    allowed = max(LONGEST_GAP_NS, GAP_STEPS * series.step_ns)
    sent = series.sent[np.searchsorted(series.sent, start) : np.searchsorted(series.sent, end, side="right")]
    if not sent.size:
        return f"{series.name} delivered no data in the window"
    widest = int(np.diff(sent).argmax()) if sent.size > 1 else 0
    first, last, *inside = (int(sent[place]) for place in (0, -1, widest, min(widest + 1, sent.size - 1)))
    spans = ((start, first), (inside[0], inside[1]), (last, max(last, end - raw.timeout_ns)))
    since, until = max(spans, key=lambda span: span[1] - span[0])
    if until - since <= allowed:
        return None
    silent, after = seconds(until - since), seconds(since - start)
    return f"{series.name} delivered no data for {silent:.1f} s from {after:.1f} s into the window"


def asleep(beats: Times, window: Window) -> str | None:
    """Return in a sentence where the observer stood still for too long; None where it was awake."""
    start, end = window
    inside = beats[(beats >= start) & (beats <= end)]
    silent = np.diff(np.concatenate([[start], inside, [end]]))
    if silent.max() <= LONGEST_GAP_NS:
        return None
    return f"the observer stood still for {seconds(int(silent.max())):.1f} s within the window"


def ended_well(ended: Mapping[str, Any] | None) -> str | None:
    """Return in a sentence why the observer's record may be unfinished; None where it ended as asked."""
    if ended is None:
        return "the observer left no word of its end: it died, or its record was cut"
    reason = ended.get("reason")
    if reason in ("asked", "duration"):
        return None
    return f"the observer ended by itself ({reason}), not because the drill asked it to"
