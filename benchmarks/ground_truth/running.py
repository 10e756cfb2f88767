"""The server from outside: a process of its own, whose life ends with ours."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.ground_truth import script, truth
from benchmarks.ground_truth.script import Planned
from benchmarks.ground_truth.truth import TrueOutage

ROOT = Path(__file__).parents[2]


class Running:
    """A server that is up. ``go`` starts its script, ``played`` waits for the last outage to be over."""

    def __init__(self, process: subprocess.Popen[str], file: Path) -> None:
        self.process = process
        self._file = file
        self.port = int(self._hear()["port"])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def played(self) -> list[TrueOutage]:
        """Wait for the script's end and return what truly happened. Raises RuntimeError where it failed."""
        heard = self._hear()
        if heard["event"] != "played":
            raise RuntimeError(f"the ground-truth server: {heard}")
        return truth.read(self._file)

    def _hear(self) -> dict[str, str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the ground-truth server has ended")
        return dict(json.loads(line))


@contextmanager
def running(planned: Sequence[Planned], folder: Path) -> Iterator[Running]:
    """Yield a server that will play the script, and end it."""
    paths = folder / "script.json", folder / "truth.jsonl"
    script.write(paths[0], planned)
    command = [sys.executable, "-m", "benchmarks.ground_truth", *map(str, paths)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    with process:
        try:
            yield Running(process, paths[1])
        finally:
            assert process.stdin is not None
            process.stdin.close()  # the server ends with its standard input
            process.wait(10)
