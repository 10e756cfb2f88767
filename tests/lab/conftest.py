import contextlib
import json

import pytest

from blackstart.lab import door
from blackstart.lab.specification import Specification


@pytest.fixture(scope="session")
def lab_blocks():
    """Blocks of loopback addresses that a user's own labs do not take."""
    return range(110, 120)


@pytest.fixture(scope="session")
def lab_home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def lab(lab_home, lab_blocks):
    """A whole lab, once a session."""
    handle = door.up(Specification(name="whole"), home=lab_home, blocks=lab_blocks)
    yield handle
    with contextlib.suppress(Exception):
        (lab_home / "last-status.json").write_text(json.dumps(handle.status()))
    door.down("whole", lab_home)
