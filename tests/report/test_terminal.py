"""The live view and the final table, on a terminal and in a log."""

import io
import threading
from pathlib import Path

import pytest
from rich.console import Console

from blackstart.clock import VirtualClock
from blackstart.report.terminal import Progress, plain_lines, verdict_table

ESCAPE = "\x1b"
STATE = {
    "event": "state",
    "canaries": {
        "accelerator": {"state": "good", "served_by": "eu-west-1", "latency_ms": 4.2},
        "alb-eu-west-1": {"state": "silent", "served_by": None, "latency_ms": None},
    },
    "ledgers": {"orders": {"acknowledged": 1234, "unknown": 2, "failed": 0}},
}


class Gone(io.StringIO):
    """A stream whose reader has closed the pipe."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def printed(verdict, terminal):
    stream = io.StringIO()
    verdict_table(verdict, Path("reports/r1"), stream, terminal)
    return stream.getvalue()


def shown(progress) -> str:
    stream = io.StringIO()
    Console(file=stream, width=100).print(progress.view())
    return stream.getvalue()


def test_the_table_holds_what_a_newcomer_needs(make):
    text = printed(make.verdict(), terminal=False)
    assert "MET - Every objective of this drill was met." in text
    assert "6.12 s after the fault (between 6.06 and 6.19 s; objective: at most 30 s)" in text
    assert "0.901 s of writes (between 0.880 and 0.921 s; objective: at most 1.5 s)" in text
    assert "1,187 acknowledged, lost: 45 (at most 47), without an answer: 3" in text
    assert "everything is as it was before the drill" in text
    assert "RTO" in text
    assert "RPO" in text
    assert text.splitlines()[-1] == "Report: reports/r1/report.html"


@pytest.mark.parametrize("outcome", ["met", "missed", "inconclusive", "aborted", "refused", None])
def test_without_a_terminal_it_is_plain_aligned_and_narrow(make, outcome):
    reasons = ["a very long reason " * 20, "x" * 300, f"{ESCAPE}[31mred"]
    lines = printed(make.verdict() | {"outcome": outcome, "reasons": reasons}, terminal=False).splitlines()
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert max(len(line) for line in lines) <= 100
    assert sum("very long reason" in line for line in lines) > 1
    column = lines[1].index((str(outcome) if outcome else "unknown").upper())
    assert all(not line[column - 2 : column].strip() for line in lines if line.startswith("  "))


def test_on_a_terminal_it_says_the_same_in_colour(make, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = printed(make.verdict() | {"reasons": ["[red]not markup[/red]", f"{ESCAPE}]0;title\x07"]}, terminal=True)
    assert ESCAPE + "[1;32m" in text
    assert "RTO (recovery time)" in text
    assert "[red]not markup[/red]" in text
    assert ESCAPE + "]" not in text
    assert text.splitlines()[-1] == "Report: reports/r1/report.html"


def test_null_figures_are_not_measured(make):
    verdict = make.verdict() | {"rto": None, "downtime": None, "stores": {}, "restoration": None, "outcome": "missed"}
    text = "\n".join(plain_lines(verdict, Path("r")))
    assert text.count("not measured") == 4
    assert "None" not in text
    assert "\n  RPO (data loss)       not measured (objective: at most 1.5 s)\n" in text


def test_an_empty_verdict_prints(make):
    assert "not measured" in printed({}, terminal=False)


@pytest.mark.parametrize(
    ("state", "first", "command"),
    [("broken", "STILL BROKEN", "blackstart restore"), ("holding", "HOLDING", "blackstart failback")],
)
def test_what_is_still_open_comes_first_with_the_command(make, state, first, command):
    change = {"restoration": {"state": state, "remaining": ["the dial"]}}
    lines = plain_lines(make.verdict() | change, Path("r"))
    assert first in lines[1]
    (outcome,) = [line for line in lines if line.startswith("  Outcome ")]
    assert outcome.split()[1] == "Met"
    assert any(line.startswith("  Next ") and f"{command} 20261122-103000-region-loss" in line for line in lines)
    assert any("the dial" in line for line in lines)


def test_lines_come_only_on_change_with_the_time():
    clock, stream = VirtualClock(), io.StringIO()
    with Progress(stream, clock, terminal=False) as progress:
        progress.phase("steady state")
        progress.phase("steady state")
        for _ in range(5):
            clock.sleep(1.5)
            progress.observe(STATE)
        progress.observe(STATE | {"canaries": {"accelerator": {"state": "bad", "served_by": None}}})
        progress.note(f"fault\n{ESCAPE}[31m injected")
    lines = stream.getvalue().splitlines()
    assert lines == [
        "     0.0 s  phase: steady state",
        "     1.5 s  canary accelerator: good, served by eu-west-1 (orders: 1,234 acknowledged, 2 unknown, 0 failed)",
        "     1.5 s  canary alb-eu-west-1: silent (orders: 1,234 acknowledged, 2 unknown, 0 failed)",
        "     7.5 s  canary accelerator: bad (orders: 1,234 acknowledged, 2 unknown, 0 failed)",
        "     7.5 s  fault [31m injected",
    ]


def test_the_live_view_shows_phase_canaries_ledger_and_events():
    clock, stream = VirtualClock(), io.StringIO()
    with Progress(stream, clock, terminal=True) as progress:
        progress.phase("promote [bold]")
        clock.sleep(12.34)
        progress.observe(STATE)
        progress.note("[red]a note[/red]")
        view = shown(progress)
    assert ESCAPE in stream.getvalue()
    assert stream.getvalue().endswith(f"{ESCAPE}[?25h") or f"{ESCAPE}[?25h" in stream.getvalue()
    for words in (
        "promote [bold]",
        "12.3 s",
        "accelerator",
        "good",
        "eu-west-1",
        "4 ms",
        "silent",
        "1,234",
        "[red]a note",
    ):
        assert words in view, words


def test_a_stream_that_is_no_terminal_gets_plain_lines():
    stream = io.StringIO()
    with Progress(stream, VirtualClock()) as progress:
        progress.note("hello")
    assert stream.getvalue() == "     0.0 s  hello\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_closed_pipe_never_ends_the_drill(terminal):
    with Progress(Gone(), VirtualClock(), terminal=terminal) as progress:
        progress.phase("fault")
        progress.observe(STATE)
        progress.note("still here")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_stream_that_knows_few_signs_gets_the_rest(make, terminal):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    with Progress(stream, VirtualClock(), terminal) as progress:
        progress.note("région perdue")
    verdict_table(make.verdict() | {"reasons": ["région"]}, Path("r"), stream, terminal)
    stream.flush()
    written = raw.getvalue().decode("ascii")
    assert "r?gion perdue" in written
    assert "RTO" in written
    assert "report.html" in written


@pytest.mark.parametrize("terminal", [True, False])
def test_the_table_survives_a_closed_pipe(make, terminal):
    verdict_table(make.verdict(), Path("r"), Gone(), terminal)


def test_an_error_passes_through_the_view():
    with pytest.raises(KeyboardInterrupt), Progress(io.StringIO(), VirtualClock(), terminal=True):
        raise KeyboardInterrupt


def test_many_threads_never_mix_their_lines():
    stream = io.StringIO()

    def tell(number: int, progress: Progress) -> None:
        for step in range(200):
            progress.note(f"thread {number} step {step}")
            progress.observe({"canaries": {f"c{number}": {"state": ("good", "bad")[step % 2]}}})

    with Progress(stream, VirtualClock(), terminal=False) as progress:
        threads = [threading.Thread(target=tell, args=(number, progress)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 8 * 400
    assert all(line.startswith("     0.0 s  ") for line in lines)
    assert sum(line.endswith("step 199") for line in lines) == 8


def test_a_moment_of_failure_between_two_good_states_is_a_line_of_its_own():
    stream = io.StringIO()
    with Progress(stream, VirtualClock(), terminal=False) as progress:
        for bad in (0, 0, 4, 4):
            progress.observe({"canaries": {"a": {"state": "good", "bad": bad}}})
    assert [line.partition("s  ")[2] for line in stream.getvalue().splitlines()] == [
        "canary a: good",
        "canary a: good again, 4 probes failed in between",
    ]


def test_the_strip_stands_beside_each_canary():
    progress = Progress(io.StringIO(), VirtualClock(), terminal=True)
    for bad in (0, 0, 1):
        progress.observe({"canaries": {"a": {"state": "good", "bad": bad, "latency_ms": 1.0}}})
    assert "▂▂█" in shown(progress)
