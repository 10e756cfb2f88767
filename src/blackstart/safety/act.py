"""How every action acts: record, act, prove. The one place that lets an action touch the system."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from chaoslib.exceptions import ActivityFailed
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from blackstart.clock import SystemClock
from blackstart.outcome import BlackstartError
from blackstart.platform import aws
from blackstart.platform.setting import Setting
from blackstart.safety.undo_log import FILE, Intent, UndoLog, read

POLL_S = 0.1


class NotProvedError(Exception):
    """The act was called, but its effect was not seen."""


def act(setting: Setting, intent: Intent, call: Callable[[], object], prove: Callable[[], str]) -> dict[str, Any]:
    """Write the undo record, call, and prove the effect.

    ``prove`` returns the evidence in words or raises ``NotProvedError``. Returns ``called_ns``, ``returned_ns``,
    ``proved_ns`` (monotonic) and ``evidence``. Raises ``ActivityFailed`` when the call or the proof fails.
    """
    undo = undo_log(setting.run_dir)
    answered = [entry for entry in read(undo.path) if entry.open and entry.intent.inverse == intent.call]
    if answered:
        # Putting back is not a change to be put back again.
        intent = replace(intent, inverse=None, role="failback" if intent.kind == "forward_only" else "undo")
    try:
        number = undo.intend(intent)
    except OSError as error:
        if not answered:
            raise ActivityFailed(f"{intent.target}: not done, since it could not be recorded: {error}") from error
        # Nobody may be left with a fault because the disk is full: what puts back is done all the same.
        call()
        return {"evidence": f"called without a record ({error})"}
    called = setting.clock.now_ns()
    try:
        call()
    except (NotProvedError, BlackstartError, OSError, LookupError, *aws.AwsError, *setting.client_errors) as error:
        reason = aws.explain(error)
        undo.failed(number, reason)
        raise ActivityFailed(f"{intent.target}: {reason}") from error
    returned = setting.clock.now_ns()
    undo.acted(number, called, returned)
    try:
        evidence = prove()
    except (NotProvedError, OSError, LookupError, *aws.AwsError, *setting.client_errors) as error:
        reason = aws.explain(error)
        undo.not_proved(number, reason)
        raise ActivityFailed(f"{intent.target}: not proved: {reason}") from error
    undo.proved(number, evidence)
    for entry in answered:
        undo.undone(entry.id, evidence)
    return {
        "called_ns": called,
        "returned_ns": returned,
        "proved_ns": setting.clock.now_ns(),
        "evidence": evidence,
    }


@cache
def undo_log(run_dir: Path) -> UndoLog:
    """Return this process's undo log of a run; the folder is made where an action is called without a runner."""
    run_dir.mkdir(parents=True, exist_ok=True)
    return UndoLog(run_dir / FILE, SystemClock())


def eventually(setting: Setting, check: Callable[[], str], *, within_s: float | None = None) -> str:
    """Repeat ``check`` until it gives evidence, for as long as the topology is patient (or ``within_s``).

    The last reason is raised as ``NotProvedError``; a client's error counts as not proved yet.
    """
    transient = (NotProvedError, ActivityFailed, OSError, LookupError, *aws.AwsError, *setting.client_errors)
    limit = setting.topology.patience if within_s is None else within_s
    retrying = Retrying(
        sleep=setting.clock.sleep,
        stop=stop_after_delay(limit),
        wait=wait_fixed(POLL_S),
        retry=retry_if_exception_type(transient),
        reraise=True,
    )
    try:
        return retrying(check)
    except transient as error:
        raise NotProvedError(f"{aws.explain(error)} (after {limit:g} s)") from error
