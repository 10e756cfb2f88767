"""The document from stored results: one part measured again leaves the others; a quick run writes no real one."""

import pytest

from benchmarks import document
from benchmarks import results as results_module
from benchmarks.__main__ import main, measured
from benchmarks.part import Check, Part, Setting
from benchmarks.parts import PARTS
from benchmarks.results import DOCS, Results, additions_per_s


def part(name: str, figure: float) -> Part:
    return Part(
        name,
        f"About {name}",
        measure=lambda _: {"figure": figure},
        checks=lambda found: [Check("at most 1", f"{found['figure']:g} s", found["figure"] <= 1)],
        lines=lambda found: iter([f"It took {found['figure']:g} s."]),
        pictures=lambda _: {f"{name}.svg": "<svg/>"},
    )


def test_one_part_measured_again_leaves_the_others(tmp_path):
    results = Results(tmp_path)
    parts = (part("first", 0.5), part("second", 2.0))
    for each in parts:
        results.put(each.name, each.measure(Setting()))
    results.put("first", {"figure": 0.25})
    document.write(results, parts)
    text = results.document.read_text()
    assert "It took 0.25 s." in text and "It took 2 s." in text
    assert "| at most 1 | 0.25 s | yes | first |" in text
    assert "| at most 1 | 2 s | **no** | second |" in text
    assert text.index("About first") < text.index("About second")
    assert (tmp_path / "benchmarks/first.svg").exists()


def test_the_speed_of_the_machine_stands_beside_what_it_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(results_module, "additions_per_s", lambda: 12_340_000)
    results = Results(tmp_path)
    results.put("first", {"figure": 0.5})
    document.write(results, [part("first", 0.5)])
    assert "12.3 million additions a second" in results.document.read_text()


def test_additions_are_counted_by_the_second():
    few, many = additions_per_s(rounds=1), additions_per_s(rounds=3)
    assert 1e5 < few < 1e10 and 1e5 < many < 1e10


def test_a_part_that_was_never_measured_is_not_in_the_document(tmp_path):
    results = Results(tmp_path)
    results.put("second", {"figure": 1.0})
    document.write(results, (part("first", 0.5), part("second", 2.0)))
    assert "first" not in results.document.read_text()


def test_what_was_stored_in_another_shape_has_to_be_measured_again(tmp_path):
    results = Results(tmp_path)
    results.put("first", {"other": 1.0}, shape=0)
    document.write(results, (part("first", 0.5),))
    assert "first" not in results.document.read_text()


def test_the_document_here_is_what_its_data_say_and_no_part_is_missing():
    results = Results(DOCS)
    assert [part.name for part, _ in document.stored(results, PARTS)] == [part.name for part in PARTS]
    assert results.document.read_text(encoding="utf-8") == document.text(results, PARTS)


def test_a_missed_bound_is_told_and_the_result_kept(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("benchmarks.__main__.PARTS", (part("slow", 2.0),))
    results = Results(tmp_path)
    assert not measured(part("slow", 2.0), Setting(), results)
    assert "MISSED  at most 1: 2 s" in capsys.readouterr().out
    assert results.get("slow")["measured"] == {"figure": 2.0}


def test_a_quick_run_and_a_part_that_is_none_are_refused():
    for arguments in (["--quick"], ["nonsense"]):
        with pytest.raises(SystemExit) as error:
            main(arguments)
        assert error.value.code == 2
