"""What is in the built package: sdist first, wheel from that sdist, as an index would serve them."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("actions", "probes", "experiments", "suites")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the files that Git would hand out, not the folder with all that lies in it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name, follow_symlinks=False)
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source],
        check=True,
        capture_output=True,
        text=True,
    )
    return out


def in_wheel(built: Path) -> set[str]:
    (wheel,) = built.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def in_repository(folder: str, pattern: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob(pattern)}


def test_the_linked_folders_are_in_the_wheel_under_their_import_name(built: Path) -> None:
    files = in_wheel(built)
    for place in PLACES:
        wanted = {f"blackstart/{name}" for name in in_repository(place, "*.py") | in_repository(place, "*.yaml")}
        assert wanted
        assert wanted <= files


def test_every_module_and_data_file_is_in_the_wheel(built: Path) -> None:
    files = in_wheel(built)
    for pattern in ("*.py", "*.css", "*.html", "*.j2", "*.sql", "py.typed"):
        for name in in_repository("src/blackstart", pattern):
            assert name.removeprefix("src/") in files


def test_the_wheel_has_nothing_else(built: Path) -> None:
    top = {name.split("/")[0] for name in in_wheel(built)}
    assert {name for name in top if not name.endswith(".dist-info")} == {"blackstart"}


def test_the_sdist_has_what_building_needs(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert "pyproject.toml" in names
    assert any(name.endswith("region-loss.yaml") for name in names)


def test_the_wheel_runs(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    shown = subprocess.run(
        [sys.executable, "-m", "blackstart.cli", "run", "nothing"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 2
    assert "region-loss" in shown.stderr
