"""``blackstart observe URL…``: the canaries alone, for people who break things by other means."""

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from blackstart.clock import Clock, SystemClock
from blackstart.drill.folder import REPORTS
from blackstart.drill.folder import check as check_empty
from blackstart.observe_command import folder
from blackstart.observe_command.folder import observer_at_work
from blackstart.observe_command.request import LEAST_STABLE_S, MOST_STABLE_S, STABLE_PROBES, plan_of
from blackstart.observe_command.telling import show
from blackstart.observer.plan import Adaptive
from blackstart.outcome import BlackstartError, Exit, InconclusiveError, RefusedError

if TYPE_CHECKING:
    from blackstart.observer.supervision import Observer

LOOK_S = 0.1
_ENDING = (signal.SIGINT, signal.SIGTERM)


def add(commands: Any) -> None:
    """Add the command to the command line."""
    says = "observe endpoints and write down their outages, whoever makes them"
    command = commands.add_parser(
        "observe",
        help=says,
        description=f"{says[0].upper()}{says[1:]}. Ctrl-C ends it in order.",
        epilog="URLs: http(s)://HOST:PORT/PATH, tcp://HOST:PORT, dns://RESOLVER:PORT/NAME?type=A, "
        "postgresql://USER@HOST:PORT/DATABASE (the password comes from PGPASSWORD or a pgpass file). "
        "NAME=URL gives one a name. "
        "exit codes: 0 observed, 2 bad input, 3 the record does not hold (the reason is said), 5 interrupted before it "
        "observed",
    )
    command.add_argument("urls", nargs="+", metavar="URL", help="what to observe")
    command.add_argument("--interval-ms", type=int, default=20, metavar="N", help="time between two probes (20)")
    command.add_argument("--slo-s", type=float, default=1.0, metavar="S", help="an answer later than this is bad (1)")
    command.add_argument("--timeout-s", type=float, default=2.0, metavar="S", help="how long to wait for one (2)")
    command.add_argument("--duration-s", type=float, metavar="S", help="how long to observe (default: until Ctrl-C)")
    command.add_argument(
        "--stable-s", type=float, metavar="S",
        help=f"how long all must stay good before an outage has ended (default: {STABLE_PROBES} probes, "
        f"from {LEAST_STABLE_S:g} to {MOST_STABLE_S:g} s)",
    )  # fmt: skip
    command.add_argument(
        "--adaptive", action="store_true",
        help=f"probe faster while an outage lasts ({Adaptive.interval_ms} ms, {Adaptive.most_per_s}/s)",
    )  # fmt: skip
    command.add_argument(
        "--expect-status", type=int, action="append", metavar="N", help="HTTP status of a good reply (200)"
    )
    command.add_argument("--expect-body", metavar="TEXT", help="what a good body holds, or a name's answers")
    command.add_argument("--read-only", action="store_true", help="only read from databases, as from a replica")
    command.add_argument("--resolver", metavar="HOST:PORT", help="who knows the names (default: this machine's own)")
    command.add_argument("--ca-file", metavar="FILE", help="certificates to trust instead of the machine's own")
    command.add_argument("--out", type=Path, metavar="DIR", help="the record's folder (reports/<time>-observe)")
    command.add_argument("--json", action="store_true", help="print what a machine reads at the end")
    command.set_defaults(do=_observe)


def judge(folder: Path, as_json: bool) -> int:
    """Judge an observation's folder again, from its raw record. Exits 0 once judged."""
    from blackstart.judge import observation  # noqa: PLC0415 - loads numpy; `--help` must not wait for it

    if (pid := observer_at_work(folder)) is not None:
        raise RefusedError(
            f"{folder} is still being written (by process {pid}): end the observation with Ctrl-C, then judge it; "
            "where the command itself died, its observer ends by itself after 15 s"
        )
    try:
        outages, about = observation.write(folder)
    except OSError as error:
        raise InconclusiveError(
            f"the result cannot be written to {folder} ({error.strerror}): make room there, or judge a copy of it"
        ) from error
    show(folder, outages, about, as_json)
    return int(Exit.MET)


def _observe(given: argparse.Namespace) -> int:
    from blackstart.observer.reachability import check  # noqa: PLC0415 - loads what only this command needs

    check_empty(given.out)
    check(plan_of(given, given.out or REPORTS))
    out, reason = _watch(given, SystemClock(), sys.stderr if given.json else sys.stdout)
    return _conclude(out, given.json, reason)


def _watch(given: argparse.Namespace, clock: Clock, stream: TextIO) -> tuple[Path, str | None]:
    """Observe until the time is over or somebody interrupts; return where, and why it ended too early, if it did."""
    from blackstart.observer.supervision import Observer  # noqa: PLC0415 - as for _observe
    from blackstart.watching import Watch  # noqa: PLC0415 - as for _observe

    with Watch(stream, clock) as watch:
        taken = folder.take(given.out, clock)
        plan = plan_of(given, taken.path)
        observer = Observer(plan, taken.path, history=taken.path)
        _start(observer, taken)
        try:
            watch.phase(f"observing {', '.join(canary.name for canary in plan.canaries)}; Ctrl-C ends it")
            watch.follow(observer)
            while observer.alive():
                clock.sleep(LOOK_S)
        except KeyboardInterrupt:
            _ignore_signals()
            longest_s = max(canary.timeout_s for canary in plan.canaries)
            watch.note(f"ending the observation, once what was asked is answered (at most {longest_s:g} s)")
        _ignore_signals()
        observer.stop()
    return taken.path, observer.detail


def _start(observer: "Observer", taken: folder.Folder) -> None:
    try:
        observer.start()
    except KeyboardInterrupt:
        taken.leave()
        raise
    except BlackstartError as error:
        taken.leave()
        raise InconclusiveError(f"nothing was observed: {error}") from error


def _ignore_signals() -> None:
    """Let the end be written, judged and told whole, to the process's own end; the longest timeout bounds it."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


def _conclude(out: Path, as_json: bool, reason: str | None) -> int:
    from blackstart.judge import observation  # noqa: PLC0415 - as for judge

    try:
        outages, about = observation.write(out)
    except OSError as error:
        # The disk that ended the observation takes no result either: say it, and leave the record as it is.
        outages, about = observation.run(out)
        reason = reason or f"the result cannot be written: {error.strerror}"
        about = {**about, "state": "inconclusive", "reasons": [reason, *about["reasons"]]}
    show(out, outages, about, as_json)
    if reason is None and about["state"] == "complete":
        return int(Exit.MET)
    why = reason or about["reasons"][0]
    sys.stderr.write(f"blackstart: inconclusive: {why} (the record is in {out})\n")
    return int(Exit.INCONCLUSIVE)
