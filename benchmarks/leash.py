"""Takes labs down when whoever started them is gone, however it went: a lab outlives its starter."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def leashed(home: Path) -> Iterator[None]:
    """Leave no lab of that home up after the block, not even when this process is killed inside it."""
    command = [sys.executable, "-m", "benchmarks.leash", str(home)]
    # A session of its own: Ctrl-C is for us. Its input ends when we do.
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[1], start_new_session=True):
        yield


def main() -> None:
    """Wait until the input ends, then take down what is up."""
    sys.stdin.buffer.read()
    from blackstart.lab import door  # noqa: PLC0415 - most of the time it only waits

    home = Path(sys.argv[1])
    for folder in (home / "labs").glob("[!.]*"):
        door.down(folder.name, home)


if __name__ == "__main__":
    main()
