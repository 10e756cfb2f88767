"""``blackstart lab up | down | status``."""

import argparse
import json
import sys
from dataclasses import fields
from typing import Any

KNOBS = (
    ("--name", str, "which lab; several can be up side by side (default: default)"),
    ("--pods", int, "pods that serve in the primary, and in the standby once scaled up (default: 2)"),
    ("--pod-start-s", float, "how long a pod takes to start, seconds (default: by timing, 0.5 or 60)"),
    (
        "--replication-delay-ms",
        float,
        "delay of the database replication between the regions, milliseconds (default: 0)",
    ),
    ("--replication-rate-kbps", float, "throughput of that replication, kilobytes a second (default: unlimited)"),
    ("--controller-delay-s", float, "how long the failover controller sleeps before it acts, seconds (default: 0)"),
    ("--timing", str, "fast (seconds) or aws (the times that AWS documents) (default: fast)"),
    ("--api-port", int, "port of the AWS API (default: a free one)"),
)


def add(commands: Any) -> None:
    """Add the ``lab`` command."""
    lab = commands.add_parser("lab", help="the two-region lab on this machine: up, down, status")
    verbs = lab.add_subparsers(metavar="up|down|status", required=True)
    up = verbs.add_parser("up", help="start the lab; returns when it has accepted an order")
    for flag, kind, says in KNOBS:
        up.add_argument(flag, type=kind, help=says)
    up.set_defaults(do=_up)
    for name, says, do in (
        ("down", "stop the lab: no process, port or file of it is left", _down),
        ("status", "show parts, memory, addresses and configuration", _status),
    ):
        verb = verbs.add_parser(name, help=says)
        verb.add_argument("--name", default="default", help="which lab")
        verb.set_defaults(do=do)
    for verb in verbs.choices.values():
        verb.add_argument("--json", action="store_true", help="print what a machine reads")


def _up(given: argparse.Namespace) -> int:
    from blackstart.lab import door  # noqa: PLC0415 - the lab is optional, and heavy
    from blackstart.lab.specification import Specification  # noqa: PLC0415 - as above

    names = {field.name for field in fields(Specification)}
    knobs = {name: value for name, value in vars(given).items() if name in names and value is not None}
    # Not the constructor: what is not given follows from the timing profile.
    handle = door.up(Specification.from_json(knobs))
    if given.json:
        _print(json.dumps(handle.status(), indent=2, sort_keys=True))
        return 0
    _print(f"lab {handle.name} is up: {handle.accelerator_url} is the shop, {handle.url} the AWS API")
    _print(f"topology: {handle.topology_path}")
    return 0


def _down(given: argparse.Namespace) -> int:
    from blackstart.lab import door  # noqa: PLC0415 - the lab is optional, and heavy

    was_up = door.down(given.name)
    says = f"lab {given.name} is down" if was_up else f"lab {given.name} was not up"
    _print(json.dumps({"name": given.name, "state": "down", "was_up": was_up}) if given.json else says)
    return 0


def _status(given: argparse.Namespace) -> int:
    from blackstart.lab import door  # noqa: PLC0415 - the lab is optional, and heavy

    status = door.status(given.name)
    _print(json.dumps(status, indent=2, sort_keys=True) if given.json else _table(status))
    return 0


def _table(status: dict[str, Any]) -> str:
    """Return the status for people: what runs, and where."""
    lines = [f"lab {status['name']}: {status['state']}"]
    for part in status.get("parts", ()):
        state = "running" if part["alive"] else "NOT RUNNING"
        memory = f"{part['rss_mb']:6.0f} MB" if part.get("rss_mb") else ""
        lines.append(f"  {part['name']:<28} {part['group']:<14} {part['pid'] or '-':>8} {state:<12} {memory}")
    if "memory_mb" in status:
        lines.append(f"  memory in all: {status['memory_mb']:.0f} MB")
    for region, power in status.get("regions", {}).items():
        lines.append(f"  {region}: {power}")
    urls = status.get("urls", {})
    lines.extend(f"  {name}: {urls[name]}" for name in ("accelerator", "api", "topology") if name in urls)
    return "\n".join(lines)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
