"""Numbers as people read them: always with unit and bounds, and an absent one never as 0."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

MISSING = "not measured"
NANOSECONDS = 1_000_000_000

Interval = Mapping[str, Any]
"""``{"point_s", "earliest_s", "latest_s"}``, each in seconds or None."""


def decimals(value_s: float) -> int:
    """Return how many decimals of a second are worth reading at that size."""
    size = abs(value_s)
    if size < 1:
        return 3
    if size < 10:
        return 2
    return 1 if size < 600 else 0


def _fixed(value: float, places: int) -> str:
    text = f"{value:,.{places}f}"
    return (text if text.strip("-0.") else "0").replace("-", "−")


def _shortest(value: float, places: int) -> str:
    text = _fixed(value, places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def seconds(value: Any) -> str:
    """Return a span with its unit, or "not measured"."""
    number = _number(value)
    return MISSING if number is None else f"{_fixed(number, decimals(number))} s"


def latency(value: Any) -> str:
    """Return how long an answer took, in the unit that reads best: "420 µs", "3.2 ms", "1.4 s"."""
    number = _number(value)
    if number is None:
        return "–"
    for scale, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if number * scale >= 0.9995:
            digits = max(0, 2 - math.floor(math.log10(number * scale * 1.0005)))
            return f"{number * scale:,.{digits}f} {unit}"
    return f"{number * 1e6:.2g} µs"


def asked(value: Any) -> str:
    """Return a span that someone set, as they would write it: "30 s", not "30.0 s"."""
    number = _number(value)
    return MISSING if number is None else f"{_shortest(number, decimals(number))} s"


def part(interval: Interval | None, name: str) -> float | None:
    """Return ``point_s``, ``earliest_s`` or ``latest_s`` as a number, None where it is absent."""
    return None if not isinstance(interval, Mapping) else _number(interval.get(name))


def bounds(interval: Interval | None) -> str:
    """Return "5.98 – 6.25 s", rounded outwards so that no bound looks better than it is; "" without bounds."""
    earliest, latest = part(interval, "earliest_s"), part(interval, "latest_s")
    if earliest is None and latest is None:
        return ""
    point = part(interval, "point_s")
    places = decimals(next(value for value in (point, latest, earliest) if value is not None))
    low = None if earliest is None else _fixed(_outwards(earliest, places, math.floor), places)
    high = None if latest is None else _fixed(_outwards(latest, places, math.ceil), places)
    if low is None:
        return f"at most {high} s"
    return f"at least {low} s" if high is None else f"{low} – {high} s"


def _outwards(value: float, places: int, rounding: Any) -> float:
    # The inner rounding takes off what floats add: 0.3 is 300 thousandths, not 299.99…
    scale = 10.0**places
    return float(rounding(round(value * scale, 6))) / scale


def interval(value: Interval | None) -> str:
    """Return point and bounds in one phrase: "6.12 s (5.98 – 6.25 s)"."""
    point, around = part(value, "point_s"), bounds(value)
    if point is None:
        return around or MISSING
    return f"{seconds(point)} ({around})" if around else seconds(point)


def count(value: Any) -> str:
    """Return a count with thousands marked, or "not measured"."""
    number = _number(value)
    return MISSING if number is None else f"{int(number):,}"


def size(octets: int) -> str:
    """Return a file's size in decimal units."""
    amount = float(octets)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{_shortest(amount, 0 if unit == 'B' else 1)} {unit}"
        amount /= 1000
    return f"{_shortest(amount, 1)} GB"


def counted(number: int, noun: str) -> str:
    """Return "1 write", "2 writes"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def after(offset_s: float | None) -> str:
    """Return an instant relative to the fault: "+6.12 s", "−3.00 s"."""
    if offset_s is None:
        return MISSING
    text = seconds(offset_s)
    return f"+{text}" if offset_s > 0 and text != "0 s" else text


def label(offset_s: float) -> str:
    """Return a round instant on an axis: "+5 s"."""
    text = f"{_shortest(offset_s, 3)} s"
    return f"+{text}" if offset_s > 0 else text


def moment(text: Any) -> str:
    """Return an ISO 8601 time as "22 Nov 2026, 10:30:00 UTC"; anything else as it stands."""
    try:
        found = datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return plain(text, 60)
    return f"{found.day} {found:%b %Y, %H:%M:%S} UTC"


def plain(text: Any, limit: int = 600) -> str:
    """Return text from outside without control characters (terminal escapes among them), shortened."""
    clean = "".join(sign if sign.isprintable() else " " for sign in str(text))
    clean = " ".join(clean.split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
