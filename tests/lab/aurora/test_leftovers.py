import subprocess
import sys
from pathlib import Path

import pytest

import blackstart
from blackstart.lab.aurora import Remains, remains

WHOLE = """4711
/data
1790000000
5432

127.104.1.31
  1234567    98305
ready
"""


def test_a_folder_of_a_server_that_ended_in_order_has_nothing_left(tmp_path):
    assert remains(tmp_path) == Remains()


def test_the_segment_is_read_from_the_pid_file(tmp_path):
    (tmp_path / "postmaster.pid").write_text(WHOLE)
    assert remains(tmp_path).segments == (98305,)


@pytest.mark.parametrize("length", [0, 3, 20, 40, 50])
def test_a_pid_file_cut_short_by_a_kill_names_nothing(tmp_path, length):
    (tmp_path / "postmaster.pid").write_text(WHOLE[:length])
    assert remains(tmp_path).segments == ()


def test_reading_needs_nothing_but_the_standard_library():
    source = str(Path(next(iter(blackstart.__path__))).parent)
    code = f"import sys; sys.path.insert(0, {source!r}); from blackstart.lab.aurora import remains, remove; remains"
    subprocess.run([sys.executable, "-S", "-c", code], check=True)
