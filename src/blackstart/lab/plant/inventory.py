"""The parts of a running lab: what each is called, where it belongs, whether it lives, what memory it takes."""

import asyncio
import os
from pathlib import Path
from typing import Any

from blackstart.lab.descent import Generations, Identity
from blackstart.lab.plant import memory
from blackstart.lab.processes import Child, Processes

GLOBAL = "global"
SERVERS = ("links", "aws-api", "accelerator", "alb-", "kubernetes-", "cache-", "postgres-", "automation-")
"""How the names of parts begin. What else was started is a tool that did its work and ended."""


async def parts(processes: Processes, janitor: Identity) -> list[dict[str, Any]]:
    """Return every part with its own and its helpers' memory; a pod is a part of its own.

    The machine is looked at once for all of them, beside the event loop: it may have thousands of processes.
    """
    children = [(child, processes.alive(child.name)) for child in processes.children if child.name.startswith(SERVERS)]
    return await asyncio.to_thread(_look, children, janitor)


def _look(children: list[tuple[Child, bool]], janitor: Identity) -> list[dict[str, Any]]:
    generations = Generations()
    rows = [
        _row("supervisor", GLOBAL, os.getpid(), alive=True, pids=[os.getpid()]),
        _row("janitor", GLOBAL, janitor.pid, alive=janitor.lives(), pids=[janitor.pid]),
    ]
    for child, alive in children:
        rows += _rows(child, generations.descendants(child.process.pid) if alive else [], alive=alive)
    return rows


def total_mb(rows: list[dict[str, Any]]) -> float:
    """Return the memory of the whole lab, in megabytes."""
    total: float = sum(row["rss_mb"] for row in rows)
    return round(total, 1)


def _rows(child: Child, tree: list[int], *, alive: bool) -> list[dict[str, Any]]:
    pid = child.process.pid
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
