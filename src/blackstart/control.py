"""The Chaos Toolkit control: records every activity, and stops a drill that went wrong.

Chaos Toolkit runs the rest of the method when an action has failed: the promotion of a standby would follow a
fault that never came. This control interrupts instead. It guards nothing by itself (a control that raises is
ignored, but for this one exception); guards live in the actions and in the runner.
"""

import re
from pathlib import Path
from typing import Any

from chaoslib.exceptions import InterruptExecution
from chaoslib.types import Activity, Configuration, Experiment, Hypothesis, Run

from blackstart.clock import SystemClock
from blackstart.events import event_log
from blackstart.platform.setting import RUN_KEY
from blackstart.safety import undo_log

PHASE_FIELDS = ("name", "earliest", "at", "latest", "source", "clock")

_now: dict[str, Any] = {"section": "method", "started": 0}


def before_hypothesis_control(context: Hypothesis, configuration: Configuration = None, **_: Any) -> None:
    """Note that the steady state is asked now."""
    _now["section"] = "hypothesis"


def after_hypothesis_control(
    context: Hypothesis, state: dict[str, Any], configuration: Configuration = None, **_: Any
) -> None:
    """Record whether the steady state was met, and what was not."""
    failed = [probe for probe in state.get("probes", []) if not probe.get("tolerance_met")]
    reason = "; ".join(f"{probe['activity']['name']}: {_error(probe) or probe.get('output')}" for probe in failed)
    _record(
        configuration,
        "steady_state",
        when="after" if _now.get("method_done") else "before",
        met=bool(state.get("steady_state_met")),
        reason=reason or None,
    )


def before_method_control(context: Experiment, configuration: Configuration = None, **_: Any) -> None:
    """Note that the method begins."""
    _now["section"] = "method"


def after_method_control(context: Experiment, state: Any, configuration: Configuration = None, **_: Any) -> None:
    """Note that the method has ended."""
    _now["method_done"] = True


def before_rollback_control(context: Experiment, configuration: Configuration = None, **_: Any) -> None:
    """Note that the rollbacks begin."""
    _now["section"] = "rollbacks"


def before_experiment_control(context: Experiment, configuration: Configuration = None, **_: Any) -> None:
    """Forget an earlier drill of this process."""
    _now.update(section="method", method_done=False)


def before_activity_control(context: Activity, configuration: Configuration = None, **_: Any) -> None:
    """Announce an activity."""
    _now["started"] = SystemClock().now_ns()
    _record(configuration, "activity_started", section=_now["section"], name=context["name"], type=context["type"])


def after_activity_control(context: Activity, state: Run, configuration: Configuration = None, **_: Any) -> None:
    """Record how an activity went; stop the drill where going on would act on a false picture."""
    failed = state.get("status") != "succeeded"
    error = _error(state)
    try:
        _record(
            configuration,
            "activity",
            section=_now["section"],
            name=context["name"],
            type=context["type"],
            started=_now["started"],
            ended=SystemClock().now_ns(),
            status="failed" if failed else "succeeded",
            error=error,
        )
        _record_output(state.get("output"), configuration)
    except OSError as full:
        # Chaos Toolkit drops what a control raises, but for this: without a record there is no drill.
        raise InterruptExecution(f"{context['name']} could not be recorded: {full}") from full
    if failed and _now["section"] == "method" and _must_stop(context, configuration):
        raise InterruptExecution(f"{context['name']} failed: {error}")


def _record_output(output: Any, configuration: Configuration) -> None:
    """Record the phase and the doubt that an activity reports; of a phase, the fields that it has and no others."""
    if not isinstance(output, dict):
        return
    if output.get("doubt"):
        _record(configuration, "doubt", text=output["doubt"])
    phase = output.get("phase")
    if isinstance(phase, dict):
        _record(configuration, "phase", **{field: phase[field] for field in PHASE_FIELDS if field in phase})


def _must_stop(activity: Activity, configuration: Configuration) -> bool:
    """Return true for a failed action, and for a failed reading until the fault is in: after that it is evidence."""
    if activity["type"] == "action":
        return True
    entries = undo_log.read(Path(configuration[RUN_KEY]) / undo_log.FILE)
    return not any(entry.intent.role == "fault" for entry in entries)


def _error(run: Run) -> str | None:
    """Return an activity's error in words: the last line of its exception, without the exception's own name."""
    lines = run.get("exception") or []
    return re.sub(r"^((chaoslib\.exceptions\.)?ActivityFailed: )+", "", lines[-1].strip()) if lines else None


def _record(configuration: Configuration, event: str, **detail: Any) -> None:
    if configuration and configuration.get(RUN_KEY):
        event_log(Path(configuration[RUN_KEY])).record(event, **detail)
