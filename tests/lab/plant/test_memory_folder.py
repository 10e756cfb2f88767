import pytest

from blackstart.lab import incarnation
from blackstart.lab.plant import memory_folder


@pytest.fixture
def shared(tmp_path, monkeypatch):
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.setattr(memory_folder, "SHARED", folder)
    monkeypatch.setattr(memory_folder, "NEEDED_BYTES", 0)
    incarnation.write(tmp_path, "one")
    return folder


def test_the_folder_is_in_memory_private_and_removed(shared, tmp_path):
    link = tmp_path / "aurora"
    memory_folder.place(link)
    (link / "file").write_bytes(b"x" * 3_000_000)
    (made,) = shared.iterdir()
    assert (made / "file").exists()
    assert oct(made.stat().st_mode & 0o777) == "0o700"
    assert 2.8 < memory_folder.used_mb(link) < 3.2
    memory_folder.remove("one")
    memory_folder.remove("one")
    assert list(shared.iterdir()) == []


def test_what_an_earlier_lab_of_that_name_left_is_not_taken_over(shared, tmp_path):
    link = tmp_path / "aurora"
    memory_folder.place(link)
    (link / "old").touch()
    link.unlink()
    incarnation.write(tmp_path, "two")
    memory_folder.place(link)
    assert list(link.iterdir()) == []


def test_a_lab_on_disk_takes_no_memory(tmp_path):
    (tmp_path / "aurora").mkdir()
    (tmp_path / "aurora/file").write_bytes(b"x" * 3_000_000)
    assert memory_folder.used_mb(tmp_path / "aurora") == 0


def test_without_room_the_folder_stays_on_disk(shared, tmp_path, monkeypatch):
    monkeypatch.setattr(memory_folder, "NEEDED_BYTES", 1 << 60)
    memory_folder.place(tmp_path / "aurora")
    assert not (tmp_path / "aurora").exists()
    assert list(shared.iterdir()) == []
