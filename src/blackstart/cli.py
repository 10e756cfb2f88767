"""The command line: ``blackstart run | observe | restore | failback | judge | report | scorecard | …``."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from blackstart import __version__, lab_commands, observe_command, programme_commands
from blackstart.clock import SystemClock
from blackstart.outcome import BlackstartError, Exit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Errors are one line on standard error."""
    _open_streams()
    code = _main(arguments)
    try:
        sys.stdout.flush()
    except OSError:
        # Whoever read us has gone; the exit code must still say how the drill ended.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _open_streams() -> None:
    """Let nobody write into a file that took the number of a stream that was closed when we began."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as we live


def _main(arguments: Sequence[str] | None) -> int:
    given = _parser().parse_args(arguments)
    # An orderly end, also for `kill`: what was started is stopped again.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(given.do(given))
    except BlackstartError as error:
        _say(f"blackstart: {error}")
        return int(error.exit_code)
    except KeyboardInterrupt:
        _say("blackstart: interrupted before anything was changed; nothing is left running")
        return int(Exit.ABORTED)
    except Exception as error:
        if os.environ.get("BLACKSTART_DEBUG"):
            raise
        _say(
            f"blackstart: unexpected {type(error).__name__}: {error}; if a drill was running, run `blackstart restore` "
            "(BLACKSTART_DEBUG=1 shows where this came from)"
        )
        return int(Exit.BROKEN)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="blackstart", description="Lose a region on purpose, and prove how long recovery took and what was lost."
    )
    parser.add_argument("--version", action="version", version=f"blackstart {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _run_command(commands)
    observe_command.add(commands)
    for name, says, do in (
        ("restore", "end the faults of a run and put everything back (or hold in the standby)", _restore),
        ("failback", "bring a system that holds in the standby back to its primary", _failback),
        ("judge", "judge a run or an observation again from its raw record (exits 0 once judged)", _judge),
        ("report", "write a run's report.html and report.pdf again", _report),
    ):
        command = commands.add_parser(name, help=says, description=says)
        command.add_argument("run", nargs="?", metavar="RUN", help="folder or id of a run (default: the newest)")
        command.add_argument("--json", action="store_true", help="print what a machine reads")
        command.set_defaults(do=do)
    programme_commands.add(commands)
    lab_commands.add(commands)
    return parser


def _run_command(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="run one drill and judge it",
        description="Run one drill. Without --topology the lab is the target: it is started if it isn't up.",
        epilog="exit codes: 0 met, 1 missed, 2 bad input, 3 inconclusive, 4 refused, 5 aborted and restored, "
        "6 still broken (run restore), 7 holding in the standby (run failback)",
    )
    run.add_argument("experiment", metavar="EXPERIMENT", help="a name from experiments/, or the path of a YAML file")
    run.add_argument("--topology", type=Path, metavar="FILE", help="the system to drill (default: the lab)")
    run.add_argument("--out", type=Path, metavar="DIR", help="the run's own folder (default: reports/<run-id>)")
    run.add_argument("--lab", default="default", metavar="NAME", help="which lab, where several are up")
    run.add_argument("--json", action="store_true", help="print the verdict as JSON at the end")
    run.set_defaults(do=_run)


def _run(given: argparse.Namespace) -> int:
    from blackstart import experiment  # noqa: PLC0415 - a drill's imports take a second; `--help` must not
    from blackstart.drill import folder, run, target  # noqa: PLC0415 - as above
    from blackstart.watching import Watch  # noqa: PLC0415 - as above

    loaded = experiment.load(given.experiment)
    run.check(loaded)
    clock = SystemClock()
    folder.check(given.out)
    with (
        Watch(sys.stderr if given.json else sys.stdout, clock) as watch,
        target.system(given.topology, given.lab, watch) as system,
    ):
        ended = run.run(run.Request(loaded, system, given.out), watch, clock)
    return _show(ended.verdict, ended.run_dir, given.json, int(ended.exit_code))


def _restore(given: argparse.Namespace) -> int:
    from blackstart.drill import repair  # noqa: PLC0415 - as for _run

    return _repair(given, repair.restore_run)


def _failback(given: argparse.Namespace) -> int:
    from blackstart.drill import repair  # noqa: PLC0415 - as for _run

    return _repair(given, repair.fail_back_run)


def _repair(given: argparse.Namespace, do: Any) -> int:
    from blackstart.drill import folder, target  # noqa: PLC0415 - as for _run

    run_dir = folder.find(given.run)
    repaired = do(run_dir, lambda text: _say(f"  {text}"))
    result = repaired.restoration
    if given.json:
        _print(json.dumps({"run": run_dir.name, "state": result.state, "remaining": result.remaining}))
    else:
        _print(f"{run_dir.name}: {result.state}" + "".join(f"\n  remains: {left}" for left in result.remaining))
    if repaired.lab is not None and result.state == "restored":
        _say(f"  stop the lab {repaired.lab}, which the run had started")
        target.stop(repaired.lab)
    return int({"restored": Exit.MET, "holding": Exit.HOLDING, "broken": Exit.BROKEN}[result.state])


def _judge(given: argparse.Namespace) -> int:
    from blackstart import judge  # noqa: PLC0415 - as for _run
    from blackstart.drill import folder  # noqa: PLC0415 - as for _run

    if (observed := observe_command.find(given.run)) is not None:
        return observe_command.judge(observed, given.json)
    run_dir = folder.find(given.run)
    folder.refuse_running(run_dir)
    return _show(judge.write(run_dir), run_dir, given.json, 0)


def _report(given: argparse.Namespace) -> int:
    from blackstart.drill import folder  # noqa: PLC0415 - as for _run
    from blackstart.report import documents  # noqa: PLC0415 - as for _run

    run_dir = folder.find(given.run)
    folder.refuse_running(run_dir)
    written = documents.write(run_dir)
    paper = None if written.paper is None else str(written.paper)
    if given.json:
        _print(json.dumps({"report": str(written.page), "paper": paper}))
    else:
        _print("\n".join(path for path in (str(written.page), paper) if path))
    if written.problem:
        _say(written.problem)
    return 0


def _show(verdict: dict[str, Any], run_dir: Path, as_json: bool, exit_code: int) -> int:
    from blackstart.report import terminal  # noqa: PLC0415 - as for _run

    if as_json:
        _print(json.dumps(verdict, indent=2, sort_keys=True))
    else:
        terminal.verdict_table(verdict, run_dir, sys.stdout)
    return exit_code


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
