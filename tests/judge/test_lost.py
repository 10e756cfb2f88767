from pathlib import Path

from blackstart import judge
from tests.judge.run_folder import Drill


def test_the_lost_writes_are_named_as_spans(tmp_path: Path) -> None:
    run_dir = Drill(unreplicated_s=1.0).write(tmp_path / "run")
    spans = judge.lost_writes(run_dir)
    assert sum(span.count for span in spans) == judge.run(run_dir)["stores"]["orders"]["lost"] > 0
    assert all(span.first <= span.last for span in spans)


def test_nothing_is_named_where_nothing_was_lost_or_measured(tmp_path: Path) -> None:
    assert judge.lost_writes(Drill().write(tmp_path / "whole")) == []
    assert judge.lost_writes(Drill(survivors_read=False, unreplicated_s=1.0).write(tmp_path / "unread")) == []
    assert judge.lost_writes(tmp_path) == []
