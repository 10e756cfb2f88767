import contextlib
import json
import os

import pytest

from benchmarks.leash import leashed
from blackstart.lab import door
from blackstart.lab.specification import Specification


@pytest.fixture(scope="session")
def lab_blocks():
    """Blocks of loopback addresses that a user's own labs do not take, nor another worker's tests: a block is free
    as soon as its lab is down, and the next to come up in it would look like what that one left.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 110 + 5 * (worker % 2)
    return range(first, first + 5)


@pytest.fixture(scope="session")
def lab_home(tmp_path_factory):
    """Where the labs of these tests live; none of them outlives the session."""
    home = tmp_path_factory.mktemp("home")
    with leashed(home):
        yield home


@pytest.fixture(scope="session")
def lab(lab_home, lab_blocks):
    """A whole lab, once a session."""
    handle = door.up(Specification(name="whole"), home=lab_home, blocks=lab_blocks)
    yield handle
    with contextlib.suppress(Exception):
        (lab_home / "last-status.json").write_text(json.dumps(handle.status()))
    door.down("whole", lab_home)
