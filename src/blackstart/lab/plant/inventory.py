"""The parts of a running lab: what each is called, where it belongs, whether it lives, what memory it takes."""

import os
from pathlib import Path
from typing import Any

from blackstart.lab.descent import Identity, descendants
from blackstart.lab.plant import memory
from blackstart.lab.processes import Child, Processes

GLOBAL = "global"
SERVERS = ("links", "aws-api", "accelerator", "alb-", "kubernetes-", "cache-", "postgres-")
"""How the names of parts begin. What else was started is a tool that did its work and ended."""


def parts(processes: Processes, janitor: Identity) -> list[dict[str, Any]]:
    """Return every part with its own and its helpers' memory; a pod is a part of its own."""
    rows = [
        _row("supervisor", GLOBAL, os.getpid(), alive=True, pids=[os.getpid()]),
        _row("janitor", GLOBAL, janitor.pid, alive=janitor.lives(), pids=[janitor.pid]),
    ]
    for child in (each for each in processes.children if each.name.startswith(SERVERS)):
        rows += _rows(child, alive=processes.alive(child.name))
    return rows


def total_mb(rows: list[dict[str, Any]]) -> float:
    """Return the memory of the whole lab, in megabytes."""
    total: float = sum(row["rss_mb"] for row in rows)
    return round(total, 1)


def _rows(child: Child, *, alive: bool) -> list[dict[str, Any]]:
    pid = child.process.pid
    tree = descendants(pid) if alive else []
    pods = {each: name for each in tree if each != pid and (name := _pod(each)) is not None}
    own = [each for each in tree if each not in pods]
    return [
        _row(child.name, child.group, pid, alive=alive, pids=own),
        *(_row(f"pod {name}", child.group, each, alive=True, pids=[each]) for each, name in pods.items()),
    ]


def _row(name: str, group: str, pid: int, *, alive: bool, pids: list[int]) -> dict[str, Any]:
    rss_mb = round(sum(memory.of(each) or 0.0 for each in pids), 1)
    return {"name": name, "group": group, "pid": pid, "alive": alive, "rss_mb": rss_mb}


def _pod(pid: int) -> str | None:
    """Return the name of the pod that the process is, by its environment."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return None
    names = (entry[9:] for entry in environment.split(b"\0") if entry.startswith(b"POD_NAME="))
    return next((name.decode() for name in names), None)
