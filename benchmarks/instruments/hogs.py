"""Both cores busy: processes that only burn time, bounded in number and in time, ended with their parent."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_BURN = """
import sys, time
from threading import Thread
done = []
Thread(target=lambda: (sys.stdin.read(), done.append(1)), daemon=True).start()
end = time.monotonic() + float(sys.argv[1])
while not done and time.monotonic() < end:
    sum(range(10000))
"""


@contextmanager
def hogs(longest_s: float) -> Iterator[int]:
    """Keep every core busy inside the block; yield how many processes do it."""
    count = min(8, os.cpu_count() or 2)
    command = [sys.executable, "-c", _BURN, f"{longest_s}"]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(count)]
    try:
        yield count
    finally:
        for process in running:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)
