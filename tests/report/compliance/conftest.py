from pathlib import Path

import pytest

from tests.report.programme_folder import Runs


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    folder = tmp_path / "reports"
    folder.mkdir()
    return Runs(folder)
