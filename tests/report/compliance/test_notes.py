"""findings.yaml as the documentation shows it."""

from pathlib import Path

from blackstart.report.compliance import notes


def test_the_example_in_the_docs_is_read_whole(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs/compliance.md").read_text()
    (tmp_path / "findings.yaml").write_text(text.split("```yaml\n")[1].split("```")[0])
    found = notes.read(tmp_path)
    assert found.broken == ()
    assert [(one.id, one.owner, one.due, one.status) for one in found.findings] == [
        ("F-1", "B. Owner", "2026-06-01", "open")
    ]
    assert found.participants == ("D. Ialler, on call",)
    assert found.approvals == ("C. Chief, this drill",)
    assert found.plan_version == "3.1"
    assert len(found.deviations) == 1


def test_no_file_is_no_note(tmp_path: Path) -> None:
    assert notes.read(tmp_path) == notes.Notes()
