"""What names led to stands on the page; where no name was asked for, there is no table."""

import json

from blackstart.report import page
from blackstart.report.names import MOST, name_answers
from blackstart.report.record import read


def reading(address, ttl_s=5):
    return {"seq": 1, "rcode": "NOERROR", "answers": [["A", address]], "ttl_s": ttl_s}


def answered(folder, make, *readings):
    lines = [json.dumps({"t": make.at(t), "value": value}) + "\n" for t, value in readings]
    (folder / "history" / "answers-writer-record.jsonl").write_text("".join(lines))


def test_a_change_is_told_with_its_instant_and_its_time_to_live(make):
    folder = make()
    answered(folder, make, (1, reading("10.0.1.5")), (12.5, reading("10.0.2.5", 60)))
    rows, more = name_answers(read(folder))
    assert [(row.observer, row.at, row.before, row.answer, row.ttl) for row in rows] == [
        ("writer-record", "−7.00 s", "", "A 10.0.1.5", "5 s"),
        ("writer-record", "+4.50 s", "A 10.0.1.5", "A 10.0.2.5", "60 s"),
    ]
    assert more == 0
    text = page.write(folder).read_text(encoding="utf-8")
    assert "What names led to" in text
    assert '<td data-label="Answer">A 10.0.2.5</td><td data-label="Before">A 10.0.1.5</td>' in text


def test_many_changes_are_counted(make):
    folder = make()
    answered(folder, make, *((n / 10, reading(f"10.0.{n % 2}.5")) for n in range(MOST + 7)))
    rows, more = name_answers(read(folder))
    assert (len(rows), more) == (MOST, 7)
    assert "and 7 more in" in page.write(folder).read_text(encoding="utf-8")


def test_markup_in_an_answer_is_text(make):
    folder = make()
    answered(folder, make, (1, reading("<script>alert(1)</script>")))
    assert "<script" not in page.write(folder).read_text(encoding="utf-8")


def test_without_a_name_there_is_no_table(make):
    assert "What names led to" not in page.write(make()).read_text(encoding="utf-8")
