"""Spans of time as people write them in a marker: "60s", "500ms", "2m"."""

import re

UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")


def seconds(text: object) -> float:
    """Return a span in seconds. Raises ``ValueError`` that says how to write one."""
    found = SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f'{text!r} is no span of time: write a number and its unit, as in "500ms", "60s" or "2m"')
    return float(found[1]) * UNITS_S[found[2]]
