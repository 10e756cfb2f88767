from pathlib import Path

import pytest

from blackstart.outcome import Exit, RefusedError
from blackstart.safety.lock import only_drill


def test_a_second_drill_is_refused_and_a_later_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.touch()
    with only_drill(path), pytest.raises(RefusedError, match="another drill holds") as error, only_drill(path):
        pass
    assert error.value.exit_code == Exit.REFUSED
    with only_drill(path):
        pass
    assert list(tmp_path.iterdir()) == [path]
