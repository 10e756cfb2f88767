"""What names led to: the answers of the DNS canaries, each with when it was first seen."""

from dataclasses import dataclass

from blackstart.judge.dns_answers import DnsAnswer, dns_answers
from blackstart.report.quantities import NANOSECONDS, after, plain
from blackstart.report.record import Record

MOST = 40


@dataclass(frozen=True)
class NameAnswer:
    """One row of the table, in words; ``before`` is empty for the first answer."""

    observer: str
    at: str
    before: str
    answer: str
    ttl: str


def name_answers(record: Record) -> tuple[list[NameAnswer], int]:
    """Return at most MOST answers, by canary and in their order, and how many more there are."""
    every = [(name, answer) for name, said in record.answers().items() for answer in dns_answers(said)]
    return [_row(record, name, answer) for name, answer in every[:MOST]], max(0, len(every) - MOST)


def _row(record: Record, name: str, answer: DnsAnswer) -> NameAnswer:
    return NameAnswer(
        plain(name, 60),
        after((answer.seen_ns - record.zero_ns) / NANOSECONDS),
        plain(answer.before or "", 200),
        plain(answer.answer, 200),
        "–" if answer.ttl_s is None else f"{answer.ttl_s} s",
    )
