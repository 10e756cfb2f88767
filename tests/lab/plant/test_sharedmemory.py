import pytest

from blackstart.lab.plant import sharedmemory

WHOLE = """4711
/data
1790000000
5432

127.104.1.31
  1234567    98305
ready
"""


def test_a_folder_of_a_server_that_ended_in_order_has_nothing_left(tmp_path):
    assert sharedmemory.segments(tmp_path) == set()


def test_the_segment_is_read_from_the_pid_file(tmp_path):
    (tmp_path / "postmaster.pid").write_text(WHOLE)
    assert sharedmemory.segments(tmp_path) == {98305}


@pytest.mark.parametrize("length", [0, 3, 20, 40, 50])
def test_a_pid_file_cut_short_by_a_kill_names_nothing(tmp_path, length):
    (tmp_path / "postmaster.pid").write_text(WHOLE[:length])
    assert sharedmemory.segments(tmp_path) == set()
