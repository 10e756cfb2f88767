from pathlib import Path

import pytest

from blackstart import judge

from .run_folder import Drill

GOOD = Drill()


@pytest.fixture
def verdict_on(tmp_path: Path):
    """Judge a drill after the record was changed by ``spoil(folder)``."""

    def judged(drill=GOOD, spoil=None):
        folder = drill.write(tmp_path / f"run-{len(list(tmp_path.iterdir()))}")
        if spoil is not None:
            spoil(folder)
        return judge.run(folder)

    return judged
