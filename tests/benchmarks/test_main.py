"""``python -m benchmarks`` as a process."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = """
import signal, subprocess, sys
from benchmarks import __main__ as command
from benchmarks.part import Part

def measure(setting):
    child = subprocess.Popen(["sleep", "60"])
    child.send_signal(signal.SIGINT)
    try:
        return {"ended_by": -child.wait(10)}
    finally:
        child.kill()

command.PARTS = (Part("part", "A part", measure, lambda _: [], lambda found: iter([f"ended by {found['ended_by']}"])),)
sys.exit(command.main(["part", "--docs", sys.argv[1]]))
"""


def test_what_it_starts_ends_on_sigint_although_a_shell_started_it_in_the_background(tmp_path):
    in_background = ["sh", "-c", '"$@" & wait $!', "sh", sys.executable, "-c", RUN, str(tmp_path)]
    ended = subprocess.run(in_background, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "ended by 2\n" in (tmp_path / "benchmarks.md").read_text()
