import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.topology_data import topology_data


def blackstart(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "BLACKSTART_HOME": str(cwd / "home")}
    return subprocess.run(
        [sys.executable, "-m", "blackstart.cli", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_lists_what_is_there(tmp_path: Path) -> None:
    shown = blackstart("--help", cwd=tmp_path).stdout
    for verb in ("run", "observe", "restore", "failback", "judge", "report", "scorecard", "compliance", "lab"):
        assert re.search(rf"\n    {verb}\s", shown)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "region-los"), "experiment 'region-los' is not known"),
        (("run", "region-loss", "--topology", "none.yaml"), "topology none.yaml does not exist"),
        (("run", "broken.yaml"), "broken.yaml, line 2"),
        (("run", "region-loss", "--topology", "wrong.yaml"), "wrong.yaml: primry: is not a field"),
        (("run", "region-loss", "--topology", "far.yaml"), "is not there"),
        (("run", "region-loss", "--out", "full"), "--out full is not an empty folder"),
        (("judge", "nothing"), "'nothing' is no run"),
        (("restore",), "there is no run in reports/"),
        (("lab", "up", "--pods", "0"), "pods"),
        (("lab", "up", "--name", "a/b"), "name"),
    ],
)
def test_wrong_things_are_one_clear_line_and_exit_2(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("title: [\n")
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(topology_data() | {"primry": "x"}))
    far = topology_data() | {"aws": {"endpoint_url": "http://127.0.0.1:9"}}
    (tmp_path / "far.yaml").write_text(yaml.safe_dump(far))
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    before = sorted(tmp_path.rglob("*"))

    ended = blackstart(*arguments, cwd=tmp_path)

    assert ended.returncode == 2, ended.stderr
    assert says in ended.stderr
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("blackstart: ")]
    assert "Traceback" not in ended.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert line


def test_a_usage_error_of_the_command_line_itself_is_exit_2(tmp_path: Path) -> None:
    assert blackstart("run", cwd=tmp_path).returncode == 2
    assert blackstart("lab", cwd=tmp_path).returncode == 2
