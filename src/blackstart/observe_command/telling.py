"""What an observation saw, in lines for people or as JSON for machines."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST_ANSWERS = 10
"""Answers of one name that are printed; all of them are in observation.json."""


def show(out: Path, outages: list[dict[str, Any]], about: dict[str, Any], as_json: bool) -> None:
    """Print what was seen, for people or for machines."""
    if as_json:
        _say(json.dumps({"out": str(out), **about, "outages": outages}, indent=2, sort_keys=True))
        return
    lines = [outage_line(outage) for outage in outages] or [_none_seen(about)]
    lines += [partial_line(failure) for failure in about.get("partial_failures", ())]
    lines += [line for name, answers in about.get("names", {}).items() for line in _answers(name, answers)]
    lines += [f"doubt: {reason}" for reason in about["reasons"]]
    lines += [f"note: {note}" for note in about.get("notes", ())]
    _say("\n".join([f"{out}: {about['state']}", *(f"  {line}" for line in lines)]))


def _say(text: str) -> None:
    from blackstart.report.stream import Patient  # noqa: PLC0415 - loads what `--help` must not wait for

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


def outage_line(outage: dict[str, Any]) -> str:
    """Return what to say of an outage."""
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
