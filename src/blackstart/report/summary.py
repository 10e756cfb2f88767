"""The last thing a drill prints: what came out, in a small table that needs no explanation."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any, TextIO, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from blackstart.report.files import PAGE
from blackstart.report.quantities import asked, bounds, count, part, plain, seconds
from blackstart.report.standing import Verdict, clock, outcome, reasons, restoration, standing
from blackstart.report.stores import at_failback, at_failover, lost, stores
from blackstart.report.stream import Patient

WIDTH = 100
COLOURS = {
    "met": "green",
    "missed": "red",
    "broken": "red",
    "inconclusive": "yellow",
    "holding": "blue",
    "aborted": "magenta",
}
Line = tuple[str, str]


def verdict_table(verdict: Verdict, run_dir: Path, stream: TextIO | None = None, terminal: bool | None = None) -> None:
    """Print the verdict to ``stream`` (default: standard output); the report's path is the last line.

    Without a terminal (``terminal`` None: ask the stream) the lines are plain text, no colour, no escape codes.
    """
    stream = cast(TextIO, Patient(sys.stdout if stream is None else stream))
    if stream.isatty() if terminal is None else terminal:
        _coloured(verdict, run_dir, stream)
    else:
        stream.write("\n".join(plain_lines(verdict, run_dir)) + "\n")
        stream.flush()


def plain_lines(verdict: Verdict, run_dir: Path) -> list[str]:
    """Return the table as aligned lines of at most WIDTH signs; only the path may be longer."""
    found = list(lines(verdict))
    left = max(len(name) for name, _ in found)
    told = [row for name, text in found for row in _wrapped(name, text, left)]
    return ["", *told, "", f"Report: {run_dir / PAGE}"]


def lines(verdict: Verdict) -> Iterator[Line]:
    """Yield the table's rows as (name, text)."""
    now, ended = standing(verdict), outcome(verdict)
    yield "Verdict", f"{now.word.upper()} - {now.lead}"
    if now.key != ended.key:
        yield "Outcome", f"{ended.word} - {ended.lead}"
    yield from (("Next", now.next_step) for _ in range(bool(now.next_step)))
    yield from zip(["Why", *[""] * len(reasons(verdict))], reasons(verdict), strict=False)
    yield from _figures(verdict)
    yield "Restoration", _restoration(verdict)


def _figures(verdict: Verdict) -> Iterator[Line]:
    limits = verdict.get("objectives") or {}
    yield "RTO (recovery time)", _measured(verdict.get("rto"), clock(verdict), limits.get("rto_s"))
    yield "Downtime for clients", _measured(verdict.get("downtime"))
    named = at_failover(verdict)
    for name, store in named or [("", {})]:
        own = ((limits.get("stores") or {}).get(name) or {}).get("rpo_s")
        limit = limits.get("rpo_s") if own is None else own
        title = f", {plain(name, 20)}" if len(named) > 1 else ""
        yield f"RPO (data loss){title}", _measured(store.get("rpo"), "of writes", limit)
    yield from (_writes(name, store) for name, store in stores(verdict))


def _measured(interval: Any, of: str = "", limit: Any = None) -> str:
    point, around = part(interval, "point_s"), bounds(interval).replace(" – ", " and ")
    aside = [f"between {around}" if " and " in around else around] if around and point is not None else []
    aside += [] if limit is None else [f"objective: at most {asked(limit)}"]
    head = around or seconds(None) if point is None else f"{seconds(point)} {of}".rstrip()
    return f"{head} ({'; '.join(aside)})" if aside else head


def _writes(name: str, store: Mapping[str, Any]) -> Line:
    told = f"{count(store.get('acknowledged'))} acknowledged, lost: {lost(store)}"
    if (name, store) in at_failback({"stores": {name: store}}):
        return "", f"after the failback: {told}"
    return f"Writes to {plain(name, 24)}", f"{told}, without an answer: {count(store.get('indeterminate'))}"


def _restoration(verdict: Verdict) -> str:
    found = restoration(verdict)
    words = {
        "restored": "everything is as it was before the drill",
        "holding": "holding in the standby, failback due",
        "broken": "not everything could be put back",
    }
    state = str(found.get("state"))
    text = words.get(state, seconds(None) if not found.get("state") else plain(state, 40))
    left = "; ".join(plain(one, 160) for one in found.get("remaining") or [])
    return f"{text}: {left}" if left else text


def _wrapped(name: str, text: str, left: int) -> Iterator[str]:
    rows = wrap(_ascii(text), WIDTH - left - 4, break_on_hyphens=False) or [""]
    for number, row in enumerate(rows):
        yield f"  {name if number == 0 else '':<{left}}  {row}"


def _ascii(text: str) -> str:
    # A log is read with any encoding: the signs that we ourselves use have plain counterparts.
    for sign, instead in (("–", "-"), ("−", "-"), ("≤", "<="), ("“", '"'), ("”", '"'), ("…", "...")):
        text = text.replace(sign, instead)
    return text


def _coloured(verdict: Verdict, run_dir: Path, stream: TextIO) -> None:
    console = Console(file=stream, force_terminal=True, highlight=False, soft_wrap=False)
    look = COLOURS.get(standing(verdict).key, "white")
    table = Table(box=None, show_header=False, padding=(0, 1), width=min(WIDTH, console.width))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in lines(verdict):
        table.add_row(Text(name), Text(text, style=f"bold {look}" if name == "Verdict" else ""))
    console.print()
    console.print(table)
    console.print()
    # The path on its own line, never folded: it is to be copied.
    stream.write(f"Report: {run_dir / PAGE}\n")
    stream.flush()
