"""``blackstart observe URL…``: the canaries alone, for people who break things by other means."""

import argparse
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import urlsplit

from blackstart.clock import Clock, SystemClock
from blackstart.observer.plan import Plan
from blackstart.outcome import BlackstartError, Exit, InconclusiveError, RefusedError, UsageError

if TYPE_CHECKING:
    from blackstart.observer.supervision import Observer

STABLE_PROBES = 60
"""This many good probes in a row say "at least 95 of 100 are good" with 95 % confidence."""
LEAST_STABLE_S, MOST_STABLE_S = 1.0, 3.0
LOOK_S = 0.1
MOST_ANSWERS = 10
"""Answers of one name that are printed; all of them are in observation.json."""
_ENDING = (signal.SIGINT, signal.SIGTERM)
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,99})=([a-z]+://.*)", re.DOTALL)
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


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
    command.add_argument("--adaptive", action="store_true", help="probe faster while an outage lasts (4 ms, 400/s)")
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


def find(run: str | None) -> Path | None:
    """Return the folder of an observation by its path or its name in ``reports/``; None if it is none."""
    from blackstart.judge import observation  # noqa: PLC0415 - loads numpy; `--help` must not wait for it

    if run is None:
        return None
    places = (Path(run), Path("reports") / run)
    return next((place.resolve() for place in places if observation.is_one(place)), None)


def judge(folder: Path, as_json: bool) -> int:
    """Judge an observation's folder again, from its raw record. Exits 0 once judged."""
    from blackstart.judge import observation  # noqa: PLC0415 - loads numpy; `--help` must not wait for it

    if (pid := _observer_at_work(folder)) is not None:
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
    _show(folder, outages, about, as_json)
    return int(Exit.MET)


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
            "adaptive": {"interval_ms": 4, "most_per_s": 400} if given.adaptive else None,
        }
    )


def _observer_at_work(folder: Path) -> int | None:
    """Return the process that still writes this record, None where none does."""
    beats = str((folder / "heartbeat.bin").resolve())
    try:
        pid = int(json.loads((folder / "clock.json").read_text("utf-8"))["pid"])
        written = {os.readlink(held) for held in Path(f"/proc/{pid}/fd").iterdir()}  # noqa: PTH115 - pipes are no paths
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if beats in written else None


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


def _observe(given: argparse.Namespace) -> int:
    from blackstart.observer.reachability import check  # noqa: PLC0415 - loads what only this command needs

    clock = SystemClock()
    out = _folder(given.out, clock)
    plan = plan_of(given, out)
    check(plan)
    reason = _watch(plan, out, clock, sys.stderr if given.json else sys.stdout)
    return _conclude(out, given.json, reason)


def _folder(asked: Path | None, clock: Clock) -> Path:
    from blackstart.drill import folder  # noqa: PLC0415 - loads all of a drill

    if asked is not None:
        folder.check(asked)
        return asked.resolve()
    name = f"{clock.wall():%Y%m%dT%H%M%SZ}-observe"
    number, unique = 2, folder.REPORTS / name
    while unique.exists():
        unique, number = folder.REPORTS / f"{name}-{number}", number + 1
    return unique.resolve()


def _watch(plan: Plan, out: Path, clock: Clock, stream: TextIO) -> str | None:
    """Observe until the duration is over or somebody interrupts; return why it ended too early, if it did."""
    from blackstart.observer.supervision import Observer  # noqa: PLC0415 - as for _observe
    from blackstart.watching import Watch  # noqa: PLC0415 - as for _observe

    observer = Observer(plan, out, history=out)
    with Watch(stream, clock) as watch:
        _start(observer, out)
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
    return observer.detail


def _start(observer: "Observer", out: Path) -> None:
    made = _make(out)
    try:
        observer.start()
    except KeyboardInterrupt:
        _leave_nothing(out, made)
        raise
    except BlackstartError as error:
        _leave_nothing(out, made)
        raise InconclusiveError(f"nothing was observed: {error}") from error


def _make(out: Path) -> bool:
    try:
        made = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
        (out / "observer.log").touch(exist_ok=False)  # ours, now: nobody else observes into it
    except OSError as error:
        raise UsageError(f"--out {out} cannot be made or written ({error.strerror}): give another folder") from error
    return made


def _leave_nothing(out: Path, made: bool) -> None:
    """Remove what an observation left that never began, so that the same command can be given again."""
    with contextlib.suppress(OSError):
        for path in out.glob("*"):
            path.unlink()
        if made:
            out.rmdir()


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
    _show(out, outages, about, as_json)
    if reason is None and about["state"] == "complete":
        return int(Exit.MET)
    why = reason or about["reasons"][0]
    sys.stderr.write(f"blackstart: inconclusive: {why} (the record is in {out})\n")
    return int(Exit.INCONCLUSIVE)


def _show(out: Path, outages: list[dict[str, Any]], about: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _say(json.dumps({"out": str(out), **about, "outages": outages}, indent=2, sort_keys=True))
        return
    lines = [_line(outage) for outage in outages] or [_none_seen(about)]
    lines += [partial_line(failure) for failure in about.get("partial_failures", ())]
    lines += [line for name, answers in about.get("names", {}).items() for line in _answers(name, answers)]
    lines += [f"doubt: {reason}" for reason in about["reasons"]]
    lines += [f"note: {note}" for note in about.get("notes", ())]
    _say("\n".join([f"{out}: {about['state']}", *(f"  {line}" for line in lines)]))


def _say(text: str) -> None:
    from blackstart.report.stream import Patient  # noqa: PLC0415 - as for judge

    Patient(sys.stdout).write(text + "\n")


def _none_seen(about: dict[str, Any]) -> str:
    if about["state"] == "complete":
        return "no outage was seen"
    if any(counts["good"] + counts["bad"] for counts in about.get("instruments", {}).values()):
        return "no outage was seen in what was recorded"
    return "nothing is known of outages"


def _answers(name: str, answers: list[dict[str, Any]]) -> Iterator[str]:
    for answer in answers[:MOST_ANSWERS]:
        before = "" if answer["before"] is None else f", before {answer['before']}"
        ttl = "" if answer["ttl_s"] is None else f" (TTL {answer['ttl_s']} s)"
        yield f"{name}: answered {answer['answer']}{ttl} from {answer['seen_s']:.3f} s{before}"
    if len(answers) > MOST_ANSWERS:
        yield f"{name}: {len(answers) - MOST_ANSWERS} more answers are in observation.json"


def _line(outage: dict[str, Any]) -> str:
    start, downtime = outage["start"], outage["downtime"]
    since = "from before the first probe" if start is None else f"from {start['point_s']:.3f} s"
    if downtime is None:
        lasted = "end not seen" if outage["end"] is None else f"until {outage['end']['point_s']:.3f} s"
    else:
        lasted = (
            f"down for {downtime['point_s']:.3f} s "
            f"(between {downtime['earliest_s']:.3f} and {downtime['latest_s']:.3f} s)"
        )
    flaps = f", {outage['flaps']} flaps" if outage["flaps"] else ""
    return f"{outage['observer']}: {outage['kind'].replace('_', ' ')} {since}, {lasted}{flaps}"


def partial_line(failure: dict[str, Any]) -> str:
    """Return what to say of a canary of which some requests failed and others did not."""
    many = f"{failure['observer']}: {failure['failed_ratio']:.1%} of {failure['probes']} requests failed"
    start, end = failure["start"], failure["end"]
    if start is None or end is None:
        return f"{many}: too few to tell since when, and until when"
    return f"{many} from {start['point_s']:.3f} s to {end['point_s']:.3f} s"
