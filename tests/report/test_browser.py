"""What a browser makes of the page: nothing overflows, all text stands out, no markup from outside runs, it prints."""

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from blackstart.report import page
from tests.report.test_page import evil

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
FLAGS = """--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking
--disable-component-update --disable-sync --hide-scrollbars --disable-dev-shm-usage --allow-file-access-from-files
--virtual-time-budget=5000 --dump-dom""".split()  # noqa: SIM905 - a command line reads as one

# Frames of the widths asked for: a headless window is never narrower than 500 pixels.
PROBE = """<!doctype html><body><pre id="out"></pre><script>
const asked = ASKED, out = [];
for (const [path, width] of asked) {
  const frame = document.createElement('iframe');
  frame.style = `border:0;width:${width}px;height:900px`;
  frame.onload = () => {
    out.push(measure(frame.contentDocument, width));
    if (out.length == asked.length) document.getElementById('out').textContent = JSON.stringify(out);
  };
  frame.src = path;
  document.body.append(frame);
}
function measure(page, width) {
  const style = one => page.defaultView.getComputedStyle(one);
  const every = [...page.body.querySelectorAll('*')].filter(one => !one.closest('svg'));
  const shown = every.filter(one => style(one).position !== 'absolute' && !one.closest('.hidden, .skip'));
  const wide = shown.filter(one => one.getBoundingClientRect().right > width + 1);
  const told = shown.filter(one => [...one.childNodes].some(node => node.nodeType == 3 && node.data.trim()));
  return {
    title: page.title, width: page.documentElement.scrollWidth, texts: told.length,
    ground: style(page.documentElement).backgroundColor, scripts: page.scripts.length, owned: !!window.owned,
    jumps: [...page.querySelectorAll('a')].filter(one => one.tabIndex < 0 || !leads(one, page)).length,
    keys: page.querySelectorAll('a, summary').length,
    wide: wide.map(one => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`).slice(0, 5),
    faint: told.map(one => [contrast(one, style), one.textContent.slice(0, 40)]).filter(([ratio]) => ratio < 4.5),
  };
}
const leads = (link, page) => link.hash && page.querySelector(link.hash);
const channels = text => text.match(/[\\d.]+/g).map(Number);
function light(rgb) {
  const [r, g, b] = rgb.slice(0, 3).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ground(one, style) {
  for (; one; one = one.parentElement) {
    const rgb = channels(style(one).backgroundColor);
    if (rgb.length < 4 || rgb[3] > 0.99) return rgb;
  }
  throw 'no background';
}
function contrast(one, style) {
  const pair = [light(channels(style(one).color)), light(ground(one, style))].sort((a, b) => b - a);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
}
</script>"""


def measured(folder: Path, asked: list[tuple[str, int]], *flags: str) -> list[dict[str, Any]]:
    """Load each page in a frame of that width and return what the browser measured."""
    (folder / "probe.html").write_text(PROBE.replace("ASKED", json.dumps(asked)))
    with tempfile.TemporaryDirectory() as profile:
        run = subprocess.run(
            [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", *flags, f"file://{folder}/probe.html"],
            capture_output=True,
            text=True,
            timeout=150,
            check=True,
            env=os.environ | {"HOME": profile},
        )
    found = re.search(r'<pre id="out">(.+?)</pre>', run.stdout, re.DOTALL)
    assert found, f"the pages did not load: {run.stdout[-300:]} {run.stderr[-300:]}"
    return json.loads(html.unescape(found[1]))


def test_nothing_overflows_at_any_width(make, tmp_path):
    undo = make.acts()
    undo[0]["target"] = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/" + "x" * 120
    folder = make("long", undo=undo, change={"outcome": "missed", "reasons": ["y" * 300]})
    make.standby(folder)
    (folder / "findings.yaml").write_text(f"findings: [{{text: {'z' * 200}, owner: {'o' * 80}, retest: {'r' * 80}}}]")
    page.write(folder)
    widths = [320, 360, 390, 700, 1024, 1400]
    found = measured(tmp_path, [("long/report.html", width) for width in widths])
    assert len(found) == len(widths)
    for one in found:
        assert one["title"].startswith("Missed")
        assert one["wide"] == []
    # A page is scrolled sideways where it is wider than the frame that it stands in.
    assert sorted(one["width"] for one in found) == widths


@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
def test_text_stands_out_in_both_schemes(make, tmp_path, scheme):
    outcomes = ["met", "missed", "inconclusive", "aborted", "refused"]
    for outcome in outcomes:
        page.write(make(outcome, change={"outcome": outcome, "reasons": ["because"]}))
    for state in ("broken", "holding"):
        page.write(make(state, change={"restoration": {"state": state, "remaining": ["the dial"]}}))
    asked = [(f"{name}/report.html", 900) for name in (*outcomes, "broken", "holding")]
    found = measured(tmp_path, asked, f"--blink-settings=preferredColorScheme={scheme}")
    assert len(found) == len(asked)
    for one in found:
        assert one["ground"] == ("rgb(18, 20, 23)" if scheme == 0 else "rgb(255, 255, 255)")
        assert one["texts"] > 100
        assert one["faint"] == [], one["title"]


ATTACK = """</title></style></svg><script>parent.owned = 1; document.title = 'owned'</script>
<img src=x onerror="parent.owned = 1"><svg onload="parent.owned = 1"></svg>
"'><a href="javascript:parent.owned = 1">x</a>"""


def test_no_markup_from_outside_runs(make, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.report.test_page.EVIL", ATTACK)
    verdict = make.verdict()
    change = evil(
        {key: verdict[key] for key in verdict if key not in {"clock", "outcome", "restoration", "objectives"}}
    )
    kept = {"event", "role", "kind"}
    undo = [{key: one if key in kept else evil(one) for key, one in line.items()} for line in make.acts()]
    events = [{"t": make.at(1), "event": "note", "text": ATTACK}, {"t": make.at(1), "event": ATTACK, ATTACK: ATTACK}]
    run = evil({"title": "t", "description": "d", "instruments": [{"name": "n", "kind": "http", "rests_on": True}]})
    folder = make(
        "evil", change=change | {"outcome": "aborted", "reasons": [ATTACK]}, run=run, undo=undo, events=events
    )
    (folder / "findings.yaml").write_text(json.dumps({"findings": [{"text": ATTACK, "owner": ATTACK, "id": ATTACK}]}))
    assert page.write(folder).read_text(encoding="utf-8").count("parent.owned") > 50
    # The same markup, not escaped: this is what the test must be able to see.
    (tmp_path / "open.html").write_text(
        f"<!doctype html><title>open</title><style>html{{background:#fff}}</style><body><p>{ATTACK}</p>"
    )
    (safe,) = measured(tmp_path, [("evil/report.html", 900)])
    assert (safe["owned"], safe["scripts"]) == (False, 0)
    assert safe["title"].startswith("Aborted")
    (unsafe,) = measured(tmp_path, [("open.html", 900)])
    assert (unsafe["owned"], unsafe["title"]) == (True, "owned")


def test_every_place_of_the_page_can_be_reached_by_keys(make, tmp_path):
    page.write(make("keys"))
    (found,) = measured(tmp_path, [("keys/report.html", 900)])
    assert found["keys"] >= 13
    assert found["jumps"] == 0


def test_it_prints_on_a_few_sheets_with_everything_unfolded(make, tmp_path):
    folder = make("print")
    make.standby(folder)
    page.write(folder)
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [str(CHROMIUM), *FLAGS[:-1], f"--user-data-dir={profile}", "--no-pdf-header-footer",
             f"--print-to-pdf={tmp_path}/out.pdf", f"file://{folder}/report.html"],
            capture_output=True, timeout=150, check=True, env=os.environ | {"HOME": profile},
        )  # fmt: skip
    sheets = PdfReader(tmp_path / "out.pdf").pages
    told = " ".join(" ".join(sheet.extract_text() for sheet in sheets).split())
    assert 4 <= len(sheets) <= 14
    assert float(sheets[0].mediabox.width) == pytest.approx(595, abs=2)
    assert "drill started" in told  # folded on the screen
    assert "To the verdict" not in told
