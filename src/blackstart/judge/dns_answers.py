"""What a name led to: each time that a resolver's answer changed, out of what a DNS canary wrote down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from blackstart.history import Watch
from blackstart.judge.interval import seconds

NOTHING = "no record"


@dataclass(frozen=True)
class DnsAnswer:
    """An answer, from when it was first seen (monotonic ns) until the next.

    ``before`` is what was answered until then, None for the first one. ``ttl_s`` is the longest time to live that was
    seen with it: a cache counts down, so the record's own is that or more; None where it came without one.
    """

    seen_ns: int
    before: str | None
    answer: str
    ttl_s: int | None

    def as_json(self, zero_ns: int) -> dict[str, Any]:
        return {
            "seen_s": seconds(self.seen_ns - zero_ns),
            "before": self.before,
            "answer": self.answer,
            "ttl_s": self.ttl_s,
        }


def dns_answers(said: Watch) -> list[DnsAnswer]:
    """Return the answers in their order, each as long as it was the same; nothing for what no resolver said."""
    found: list[DnsAnswer] = []
    for seen_ns, answer, ttl_s in _readings(said):
        last = found[-1] if found else None
        if last is None or last.answer != answer:
            found.append(DnsAnswer(seen_ns, None if last is None else last.answer, answer, ttl_s))
        elif ttl_s is not None and ttl_s > (last.ttl_s or 0):
            found[-1] = replace(last, ttl_s=ttl_s)
    return found


def _readings(said: Watch) -> Iterator[tuple[int, str, int | None]]:
    for seen_ns, value in zip(said.times, said.values, strict=True):
        if isinstance(value, Mapping) and "rcode" in value:
            ttl_s = value.get("ttl_s")
            yield seen_ns, _words(value), ttl_s if isinstance(ttl_s, int) else None


def _words(value: Mapping[str, Any]) -> str:
    """Return an answer in words: "A 10.0.0.5, A 10.0.0.6", or the error's name."""
    records = value.get("answers")
    listed = [record for record in records if isinstance(record, list)] if isinstance(records, list) else []
    error = [] if value["rcode"] == "NOERROR" else [str(value["rcode"])]
    words = ", ".join([*error, *(" ".join(map(str, record)) for record in listed)]) or NOTHING
    # From outside, and on its way to a terminal.
    return "".join(letter if letter.isprintable() else "?" for letter in words)
