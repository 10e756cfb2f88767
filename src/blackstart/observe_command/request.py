"""From the command line to the observer's plan: which endpoints, how often, what is good."""

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from blackstart.observer.plan import Adaptive, Plan
from blackstart.outcome import UsageError

STABLE_PROBES = 60
"""This many good probes in a row say "at least 95 of 100 are good" with 95 % confidence."""
LEAST_STABLE_S, MOST_STABLE_S = 1.0, 3.0
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,99})=([a-z]+://.*)", re.DOTALL)
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


def plan_of(given: argparse.Namespace, out: Path) -> Plan:
    """Return the observer's plan. Raises UsageError that names what is wrong."""
    canaries = [
        {
            "name": name,
            "url": url,
            "interval_ms": given.interval_ms,
            "slo_s": given.slo_s,
            "timeout_s": given.timeout_s,
            "expect_status": given.expect_status,
            "expect_body": given.expect_body,
            "ca_file": given.ca_file,
            "resolver": given.resolver,
            "access": "read" if given.read_only else "write",
        }
        for name, url in _names(given.urls)
    ]
    if given.duration_s is not None and not given.duration_s > 0:
        raise UsageError(f"--duration-s {given.duration_s:g} is no time to observe in: give a number above 0")
    stable_s = min(max(LEAST_STABLE_S, STABLE_PROBES * given.interval_ms / 1000), MOST_STABLE_S)
    return Plan.from_json(
        {
            "out": str(out),
            "served_by": [],
            "canaries": canaries,
            "duration_s": given.duration_s,
            "stable_s": stable_s if given.stable_s is None else given.stable_s,
            "adaptive": asdict(Adaptive()) if given.adaptive else None,
        }
    )


def _names(urls: Sequence[str]) -> Iterator[tuple[str, str]]:
    taken: set[str] = set()
    for text in urls:
        named = _NAMED.fullmatch(text)
        name, url = (named[1], named[2]) if named else (_name(text), text)
        if named and name in taken:
            raise UsageError(f"observe: there already is an endpoint named {name}: give {url!r} another name")
        number, unique = 2, name
        while unique in taken:
            unique, number = f"{name}-{number}", number + 1
        taken.add(unique)
        yield unique, url


def _name(url: str) -> str:
    """Return a name for what a URL asks, without anything that may be a secret."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UsageError(f"observe: {url!r} is no URL ({error}): mend it") from error
    place = parts.netloc.rpartition("@")[2]
    return _NO_NAME.sub("-", f"{parts.scheme}-{place}{parts.path}").strip("-.")[:80] or "endpoint"
