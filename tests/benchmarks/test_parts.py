"""All parts but the lab, end to end at the quick setting: what they measure can be stored, checked, told and drawn."""

import xml.etree.ElementTree as Xml

import pytest

from benchmarks import document
from benchmarks.part import Setting
from benchmarks.parts import PARTS
from benchmarks.results import Results

QUICK = Setting(quick=True, seed=11)
LONG = {"instruments": pytest.mark.proof}


@pytest.mark.parametrize(
    "part",
    [pytest.param(part, id=part.name, marks=LONG.get(part.name, ())) for part in PARTS if part.name != "lab"],
)
def test_a_part_measures_and_tells(part, tmp_path):
    results = Results(tmp_path)
    results.put(part.name, part.measure(QUICK), part.shape)
    document.write(results, [part])
    text = results.document.read_text()
    assert f"## {part.title}" in text
    found = results.get(part.name, part.shape)["measured"]
    assert all(f"| {check.bound} | {check.figure} |" in text for check in part.checks(found))
    for picture in part.pictures(found):
        Xml.fromstring((tmp_path / "benchmarks" / picture).read_text())
        assert f"benchmarks/{picture}" in text
    if part.name == "instruments":
        assert len(found["idle"]["observers"]) + len(found["absent"]) == 11
        every_observer_saw(found["idle"])


def every_observer_saw(played):
    """Every observer has a row an outage, and the truth is inside of what ours stated."""
    assert len(played["truth"]) == 2
    for name, it in played["observers"].items():
        assert len(it["rows"]) == 2
        assert it["probes_per_s"] > 0
        assert it["cpu_us_a_probe"] > 0
        if name.startswith("blackstart"):
            assert all(row["inside"] for row in it["rows"]), (name, it["rows"])
