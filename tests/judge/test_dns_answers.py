"""What a name led to is told each time that it changed, with the longest time to live that was seen with it."""

import json

import pytest

from blackstart import cli
from blackstart.history import Watch
from blackstart.judge import observation
from blackstart.judge.dns_answers import DnsAnswer, dns_answers

from . import observation_folder
from .simulation import S

OLD, NEW = ["A", "10.0.1.5"], ["A", "10.0.2.5"]


def said(*readings):
    return Watch(tuple(t * S for t, _ in readings), tuple(value for _, value in readings))


def reading(*records, ttl_s=5, rcode="NOERROR"):
    return {"seq": 1, "rcode": rcode, "answers": list(records), "ttl_s": ttl_s}


def test_a_change_has_what_was_answered_before_and_a_countdown_is_none():
    found = dns_answers(said((1, reading(OLD, ttl_s=3)), (4, reading(OLD)), (9, reading(NEW, ttl_s=60))))
    assert found == [DnsAnswer(S, None, "A 10.0.1.5", 5), DnsAnswer(9 * S, "A 10.0.1.5", "A 10.0.2.5", 60)]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (reading(rcode="NXDOMAIN", ttl_s=None), "NXDOMAIN"),
        (reading(ttl_s=None), "no record"),
        (reading(["CNAME", "writer.internal."], NEW), "CNAME writer.internal., A 10.0.2.5"),
        (reading(["TXT", "\x1b[31mred"]), "TXT ?[31mred"),
        ({"rcode": "NOERROR", "answers": "x", "ttl_s": "y"}, "no record"),
    ],
)
def test_every_answer_has_words(value, words):
    assert [found.answer for found in dns_answers(said((1, value)))] == [words]


def test_what_a_database_said_is_no_answer_of_a_name():
    assert dns_answers(said((1, {"server": "10.0.1.5", "in_recovery": False}), (2, None), (3, "x"))) == []


@pytest.fixture
def observed(tmp_path):
    folder = observation_folder.write(tmp_path / "o")
    lines = [(6, reading(OLD)), (10, reading(NEW)), (11, reading(rcode="SERVFAIL", ttl_s=None))]
    text = "".join(json.dumps({"t": t * S, "value": value}) + "\n" for t, value in lines)
    (folder / "answers-writer.jsonl").write_text(text)
    return folder


def test_an_observation_tells_them_from_its_start(observed):
    outages, about = observation.run(observed)
    assert about["names"] == {
        "writer": [
            {"seen_s": 1.0, "before": None, "answer": "A 10.0.1.5", "ttl_s": 5},
            {"seen_s": 5.0, "before": "A 10.0.1.5", "answer": "A 10.0.2.5", "ttl_s": 5},
            {"seen_s": 6.0, "before": "A 10.0.2.5", "answer": "SERVFAIL", "ttl_s": None},
        ]
    }
    assert about["state"] == "complete"
    assert [outage["observer"] for outage in outages] == ["a"]


def test_they_are_printed_a_line_each_and_only_so_many(observed, capsys):
    assert cli.main(["judge", str(observed)]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if "writer" in line]
    assert lines == [
        "writer: answered A 10.0.1.5 (TTL 5 s) from 1.000 s",
        "writer: answered A 10.0.2.5 (TTL 5 s) from 5.000 s, before A 10.0.1.5",
        "writer: answered SERVFAIL from 6.000 s, before A 10.0.2.5",
    ]
    changing = [json.dumps({"t": (6 + n) * S, "value": reading((OLD, NEW)[n % 2])}) for n in range(30)]
    (observed / "answers-writer.jsonl").write_text("\n".join(changing) + "\n")
    assert cli.main(["judge", str(observed)]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if "writer" in line]
    assert len(lines) == 11
    assert lines[-1] == "writer: 20 more answers are in observation.json"
