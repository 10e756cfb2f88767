"""The page holds the whole verdict, says what is missing, and lets nothing from outside act."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from blackstart.outcome import UsageError
from blackstart.report import page

VOID = {"meta", "br", "wbr", "img", "link", "input", "hr"}
SECTIONS = [
    "verdict",
    "objectives",
    "phases",
    "availability",
    "latency",
    "loss",
    "acts",
    "restoration",
    "findings",
    "limits",
    "environment",
    "record",
]


class Page(HTMLParser):
    """What a browser would build: well nested elements, their attributes and their text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"{tag} closed, never opened"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def rendered(folder: Path) -> Page:
    return Page(page.write(folder).read_text(encoding="utf-8"))


def section(text: str, name: str) -> str:
    """Return the text of one section, tags taken out."""
    found = re.search(rf'<section id="{name}".*?</section>', text, re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def test_the_page_lies_in_the_run_folder_and_says_it_all(make):
    folder = make()
    assert page.write(folder) == folder / "report.html"
    text = rendered(folder).text
    assert "Service recovered 6.12 s after the fault (bounds 6.06 – 6.19 s)." in text
    assert "45 of 1,187 acknowledged writes were lost" in text
    for words in ("0.880 – 0.921 s", "≤ 30 s", "≤ 1.5 s", "at most 47", "SIGKILL", "chaostoolkit-lib", "postgresql"):
        assert words in text, words
    assert not list(folder.glob("*.part"))


def test_the_sections_come_in_order_each_with_its_heading(make):
    found = rendered(make())
    sections = found.all("section")
    assert [one["id"] for one in sections] == SECTIONS
    ids = {one.get("id") for _, one in found.elements}
    assert all(one["aria-labelledby"] in ids for one in sections)
    assert len(found.all("h1")) == len(found.all("main")) == 1
    assert {one["href"] for one in found.all("a")} <= {f"#{name}" for name in SECTIONS}


def test_it_loads_nothing_and_runs_nothing(make):
    folder = make()
    text = page.write(folder).read_text(encoding="utf-8")
    found = Page(text)
    names = {name for name, _ in found.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"}
    assert not re.search(r"https?://|//[a-z]|@import|javascript:", text)
    assert re.findall(r"url\(([^)]*)\)", text) == ["#hatch"] * text.count("url(")
    assert not [key for _, attributes in found.elements for key in attributes if key.startswith("on") or key == "style"]
    policy = next(meta["content"] for meta in found.all("meta") if meta.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


EVIL = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\"'><b>"


def evil(value):
    """Put markup into every string of a record, names of fields apart."""
    if isinstance(value, dict):
        return {key: evil(one) for key, one in value.items()}
    if isinstance(value, list):
        return [evil(one) for one in value]
    return EVIL + value if isinstance(value, str) else value


def test_markup_from_outside_stays_text(make):
    verdict = make.verdict()
    change = evil({key: verdict[key] for key in verdict if key not in {"clock", "outcome", "restoration"}})
    change |= {"reasons": [EVIL], "restoration": {"state": EVIL, "remaining": [EVIL]}, "outcome": "missed"}
    change["stores"] = {EVIL: verdict["stores"]["orders"] | {"lag_metrics": {EVIL: {EVIL: EVIL}}}}
    change["versions"] = {EVIL: EVIL}
    at = make.interval(8, 8, 8)
    change["recoveries"] = [{"fault": EVIL, "at": at, "rto": None}, {"fault": EVIL, "at": at, "rto": {EVIL: EVIL}}]
    change |= {"failover": EVIL, "recovers_in": EVIL, "failed_requests": 3, "warm": at}
    change["objectives"] = verdict["objectives"] | {"rto_clock": EVIL}
    kept = {"event", "role", "kind"}
    undo = [{key: one if key in kept else evil(one) for key, one in line.items()} for line in make.acts()]
    events = [
        {"t": make.at(1), "event": "note", "text": EVIL},
        {"t": make.at(1), "event": EVIL, EVIL: EVIL},
        {"t": make.at(2), "event": "activity", "name": EVIL, "status": EVIL, "error": EVIL},
    ]
    run = evil({"title": "t", "description": "d", "instruments": [{"name": "n", "kind": "http", "rests_on": True}]})
    folder = make("evil", change=change, run=run, undo=undo, events=events)
    (folder / "findings.yaml").write_text(json.dumps({"findings": [evil({"id": "F-1", "text": "t", "owner": "o"})]}))
    (folder / "history" / "canary-<script>alert(1).bin").write_bytes(b"short")
    text = page.write(folder).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<img" not in text
    found = Page(text)
    assert not [key for _, attributes in found.elements for key in attributes if key.startswith("on") or key == "style"]
    assert text.count("</style>") == 1
    assert "<script>alert(1)" in found.text


@pytest.mark.parametrize(
    ("change", "standing", "first"),
    [
        ({"outcome": "met"}, "met", "Every objective of this drill was met."),
        ({"outcome": "missed"}, "missed", "At least one objective"),
        ({"outcome": "inconclusive"}, "inconclusive", "The evidence does not decide"),
        ({"outcome": "aborted"}, "aborted", "The drill was stopped"),
        ({"outcome": "refused"}, "refused", "A guard refused"),
        ({"outcome": "splendid"}, "inconclusive", "no outcome that is known: splendid"),
        ({"outcome": None}, "inconclusive", "no outcome that is known"),
        ({"restoration": {"state": "broken", "remaining": ["dial"]}}, "broken", "Something is still broken"),
        ({"restoration": {"state": "holding", "remaining": []}}, "holding", "failback is due"),
    ],
)
def test_what_matters_most_is_said_first(make, change, standing, first):
    folder = make("x", change=change | {"reasons": ["because of this"]})
    text = page.write(folder).read_text(encoding="utf-8")
    assert f'data-standing="{standing}"' in text
    verdict = section(text, "verdict")
    assert first in verdict
    assert verdict.index(first) < verdict.index("because of this") < verdict.index("6.12 s")


def test_broken_beats_met_and_names_what_is_left_and_what_to_do(make):
    change = {"outcome": "met", "restoration": {"state": "broken", "remaining": ["dial of eu-central-1"]}}
    verdict = section(page.write(make("x", change=change)).read_text(encoding="utf-8"), "verdict")
    assert "Still broken" in verdict
    assert "Outcome: Met" in verdict
    assert "dial of eu-central-1" in verdict
    assert "blackstart restore 20261122-103000-region-loss" in verdict


NOTHING = {
    "outcome": "inconclusive",
    "reasons": [],
    "rto": None,
    "recovery": {"from_fault": None, "from_first_failure": None, "from_declaration": None},
    "downtime": None,
    "outages": [],
    "phases": [],
    "stores": {},
    "faults": [],
    "restoration": None,
    "versions": {},
    "fidelity": [],
    "started_at": None,
}


def test_what_was_not_measured_is_said_so_never_0_or_none(make):
    environment = dict.fromkeys(("kind", "accounts", "regions", "timing", "engine", "load"))
    folder = make("x", change=NOTHING | {"environment": environment}, events=[], undo=[], history=False)
    text = page.write(folder).read_text(encoding="utf-8")
    found = Page(text)
    assert not re.search(r"\bNone\b|\bnull\b|\bnan\b", found.text)
    verdict = section(text, "verdict")
    assert verdict.count("not measured") >= 4
    assert not re.search(r"\b0(\.0+)? s\b", verdict)
    assert section(text, "phases").count("not observed") == 16  # six lanes, ten phases
    assert "latency was not measured" in section(text, "latency")
    assert "No store was read back" in section(text, "loss")
    assert "Not load-tested" in section(text, "limits")


def test_a_store_with_nulls_names_each_of_them(make):
    store = dict.fromkeys(make.verdict()["stores"]["orders"])
    loss = section(page.write(make("x", change={"stores": {"orders": store}})).read_text(encoding="utf-8"), "loss")
    assert loss.count("not measured") == 14
    assert not re.search(r"\b0\b", loss)


def test_phases_that_nobody_observed_are_named(make):
    text = page.write(make()).read_text(encoding="utf-8")
    phases = section(text, "phases")
    assert re.search(r"Detected\s+not observed", phases)
    assert re.search(r"Standby promoted\s+\+2\.61 s\s+2\.40 – 2\.65 s\s+write accepted by the standby", phases)
    assert "Not observed, so not dated: detected, failover decided, warm again." in section(text, "limits")


def test_every_act_is_told_with_its_effect_and_its_undoing(make):
    undo = make.acts()
    undo += [
        {"id": 7, "t": make.at(15), "event": "intended", "action": "x.y", "target": "t", "kind": "revertible"},
        {"id": 8, "t": make.at(16), "event": "intended", "action": "x.z", "target": "u", "kind": "revertible"},
        {"id": 8, "event": "failed", "reason": "access denied"},
        {"id": 5, "event": "undo_failed", "reason": "throttled"},
    ]
    acts = section(page.write(make("x", undo=undo)).read_text(encoding="utf-8"), "acts")
    assert "no process of the region answers" in acts
    assert "forward only: has no inverse" in acts
    assert "intended, outcome unknown" in acts
    assert "failed: access denied" in acts
    assert "undoing failed: throttled" in acts
    assert "undone: dial reads 0" not in acts


def test_the_raw_record_is_listed_with_checksums(make):
    import hashlib

    folder = make()
    page.write(folder)
    text = page.write(folder).read_text(encoding="utf-8")
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "report.html":
            assert hashlib.sha256(path.read_bytes()).hexdigest() in text, path
    assert "report.html" not in section(text, "record")


def test_figures_have_a_text_alternative(make):
    found = rendered(make())
    pictures = [svg for svg in found.all("svg") if svg.get("aria-hidden") != "true"]
    assert len(pictures) == 17  # two bullets, six lanes, four strips, four maps, one store
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in pictures)
    strip = next(svg["aria-label"] for svg in pictures if str(svg["aria-label"]).startswith("accelerator"))
    assert strip is not None
    assert "failing +0.0" in strip
    assert "Served by eu-west-1" in strip
    assert "eu-central-1 +6.07 s" in strip


def test_a_run_without_a_verdict_says_what_to_do(make, tmp_path):
    folder = tmp_path / "r"
    folder.mkdir()
    with pytest.raises(UsageError, match="blackstart judge r"):
        page.write(folder)
    (folder / "verdict.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        page.write(folder)
    (folder / "verdict.json").write_text("[]")
    with pytest.raises(UsageError, match="no JSON object"):
        page.write(folder)
    assert not list(folder.glob("report*"))


def test_a_bare_verdict_is_enough_and_the_gaps_are_named(make, tmp_path):
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "verdict.json").write_text(json.dumps({"outcome": "inconclusive"}))
    text = rendered(folder).text
    assert "run.json cannot be read" in text
    assert "availability was not measured" in text


def test_a_cut_event_log_is_read_as_far_as_it_goes(make):
    folder = make()
    with (folder / "events.jsonl").open("a") as log:
        log.write('{"t": 1, "event": "no')
    text = rendered(folder).text
    assert "events.jsonl: 1 of 9 lines cannot be read" in text
    assert "lose the primary region" in text


def test_failed_requests_and_warmth_stand_beside_the_other_objectives(make):
    objectives = make.verdict()["objectives"] | {"failed_requests": 0, "warm_s": 20}
    change = {"objectives": objectives, "failed_requests": 12, "warm": make.interval(9.1, 8.2, 21.5)}
    found = section(page.write(make("x", change=change)).read_text(encoding="utf-8"), "objectives")
    assert re.search(r"Failed requests .*? none 12 – over", found)
    assert re.search(r"Warm again .*? ≤ 20 s 9.10 s 8.20 – 21.50 s not decided", found)
    change |= {"failed_requests": None, "warm": None}
    found = section(page.write(make("y", change=change)).read_text(encoding="utf-8"), "objectives")
    assert re.search(r"Failed requests .*? none not measured – not measured", found)
    assert re.search(r"Warm again .*? ≤ 20 s not measured – not measured", found)
    found = section(page.write(make("z")).read_text(encoding="utf-8"), "objectives")
    assert "Failed requests" not in found
    assert "Warm again" not in found


def test_a_drill_of_many_faults_tells_each_recovery(make):
    recoveries = [
        {
            "fault": "one pod",
            "at": make.interval(8, 7.9, 8.1),
            "rto": make.interval(0.4, 0.3, 0.5),
            "downtime": make.interval(0.3, 0.2, 0.4),
        },
        {"fault": "every pod", "at": make.interval(11.25, 11.2, 11.3), "rto": None},
    ]
    found = section(page.write(make("x", change={"recoveries": recoveries})).read_text(encoding="utf-8"), "objectives")
    assert re.search(r"one pod 0 s 0.400 s \(0.300 – 0.500 s\) 0.300 s", found)
    assert re.search(r"every pod \+3.25 s not measured not measured", found)
    alone = page.write(make("y", change={"recoveries": recoveries[:1]})).read_text(encoding="utf-8")
    assert "Recovery from each fault" not in alone


def test_the_failback_is_counted_apart(make):
    stores = make.verdict()["stores"]
    stores["orders-after-failback"] = stores["orders"] | {"lost": 2, "acknowledged": 1500}
    text = rendered(make("x", change={"stores": stores})).text
    assert "45 of 1,187 acknowledged writes were lost; the oldest was 0.901 s old. The failback lost 2 more." in text


def test_the_judge_s_own_verdict_renders(make):
    from blackstart import judge

    folder = make()
    verdict = judge.write(folder)
    text = rendered(folder).text
    assert str(verdict["reasons"][0])[:60] in text
    assert "fault injected" in text.lower()
