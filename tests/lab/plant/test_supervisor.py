import asyncio
import os
import time
from types import SimpleNamespace

import pytest

from blackstart.lab.plant.supervisor import Supervisor


@pytest.mark.parametrize("disk", ["/dev/null", "/dev/full"])
def test_a_lab_ends_whether_or_not_it_can_say_why(disk):
    lab = SimpleNamespace(_end=asyncio.Event(), _began=time.monotonic())
    kept, told = os.dup(2), os.open(disk, os.O_WRONLY)
    try:
        os.dup2(told, 2)
        Supervisor._end_by(lab, "SIGTERM")
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(told)
    assert lab._end.is_set()
