"""``python -m blackstart.observer PLAN.json``: the observer's own process."""

import asyncio
import contextlib
import errno
import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from blackstart.clock import Anchor, SystemClock
from blackstart.history.writing import write_json
from blackstart.observer.observation import Observation
from blackstart.observer.orders import listen
from blackstart.observer.plan import Plan
from blackstart.observer.voice import Voice
from blackstart.outcome import BlackstartError, Exit, UsageError

STDIN, STDOUT, STDERR = 0, 1, 2
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def main() -> int:
    """Observe by the plan that the command line names; return the exit code."""
    # Ctrl-C reaches the whole process group, but the end of the observation is the runner's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        plan = read_plan(sys.argv[1:])
        found(plan)
        _raise_resolver_limit()
        return int(_run(observe(plan)))
    except BlackstartError as error:
        _complain(str(error))
        return int(error.exit_code)
    except OSError as error:
        _complain(f"observer: {_explained(error)}")
        return int(Exit.BROKEN)


def _complain(text: str) -> None:
    # By word first: the log may lie on the very disk that is full. And unbuffered, or it would fail again at the end.
    Voice(STDOUT).say({"event": "ended", "reason": "failed", "detail": text.removeprefix("observer: ")})
    with contextlib.suppress(OSError):
        os.write(STDERR, f"{text}\n".encode())


def _explained(error: OSError) -> str:
    what = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    scarce = error.errno in (errno.EMFILE, errno.ENFILE)
    return f"{what} (raise the limit of open files, ulimit -n, or observe fewer endpoints)" if scarce else what


def read_plan(arguments: list[str]) -> Plan:
    """Read the plan's file. Raises UsageError."""
    if len(arguments) != 1:
        raise UsageError("observer: give one plan: python -m blackstart.observer PLAN.json")
    try:
        data = json.loads(Path(arguments[0]).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"observer: cannot read the plan {arguments[0]}: {error}") from error
    plan = Plan.from_json(data)
    if not plan.out:
        raise UsageError("observer plan: has no 'out'; name the folder for the history")
    return plan


def found(plan: Plan) -> None:
    """Begin the history: its folder, its clock, its plan. Raises UsageError where there already is one."""
    out = Path(plan.out)
    if (out / "clock.json").exists():
        raise UsageError(f"observer: {out} already holds a history; name another folder")
    out.mkdir(parents=True, exist_ok=True)
    boot_id = _BOOT_ID.read_text("ascii").strip() if _BOOT_ID.exists() else None
    anchor = asdict(Anchor.take(SystemClock()))
    # Not synced: a busy disk would delay the first probe, and only a power cut of this host could lose them.
    write_json(out / "plan.json", plan.recorded(), sync=False)
    write_json(out / "clock.json", anchor | {"pid": os.getpid(), "boot_id": boot_id}, sync=False)


async def observe(plan: Plan) -> Exit:
    """Observe until asked to stop, orphaned for the linger time, or done."""
    _raise_descriptor_limit()
    loop = asyncio.get_running_loop()
    observation = Observation(plan, Voice(STDOUT))
    loop.set_exception_handler(_ending(observation))
    loop.add_signal_handler(signal.SIGTERM, observation.end, "asked")
    listen(
        STDIN,
        lambda: _in_loop(loop, lambda: observation.end("asked")),
        lambda: _in_loop(loop, observation.orphaned),
    )
    # What exists now lives as long as the process: the collector need not look at it again.
    gc.freeze()
    return await observation.run()


def _ending(observation: Observation) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    """End the observation when a callback fails: it may have stopped an instrument, and no hole may be silent."""

    def handler(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        sys.stderr.write(f"observer: {context.get('message')}: {error!r}\n")
        if error is not None and not isinstance(error, OSError):
            observation.end("failed", f"{context.get('message')}: {error!r}")

    return handler


def _in_loop(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)


def _raise_descriptor_limit() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _run(main_part: Coroutine[Any, Any, Exit]) -> Exit:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main_part)


def _raise_resolver_limit() -> None:
    """Let many lookups hang at once: a dead resolver must not keep later probes waiting for a thread."""
    os.environ.setdefault("UV_THREADPOOL_SIZE", "64")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return uvloop's loop; where there is no uvloop, asyncio's own does, at several times the cost."""
    try:
        module = import_module("uvloop")
    except ImportError:
        return asyncio.new_event_loop
    return cast(Callable[[], asyncio.AbstractEventLoop], module.new_event_loop)


if __name__ == "__main__":
    sys.exit(main())
