"""Judging: pure functions of what was recorded. Nothing here touches the system, and nothing is judged twice over.

``run(run_dir)`` gives the verdict on a finished run, ``write(run_dir)`` also writes its ``verdict.json``;
``lost_writes(run_dir)`` names what was lost.
"""

from blackstart.judge.lost import LostSpan, lost_writes
from blackstart.judge.verdict import run, write

__all__ = ["LostSpan", "lost_writes", "run", "write"]
