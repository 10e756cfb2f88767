"""What a browser makes of the page: nothing overflows at any width, and all text stands out in both schemes."""

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

from blackstart.report import page

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
    wide: wide.map(one => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`).slice(0, 5),
    faint: told.map(one => [contrast(one, style), one.textContent.slice(0, 40)]).filter(([ratio]) => ratio < 4.5),
  };
}
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
    page.write(make("long", undo=undo, change={"outcome": "missed", "reasons": ["y" * 300]}))
    widths = [320, 390, 700, 1024, 1400]
    found = measured(tmp_path, [("long/report.html", width) for width in widths])
    assert len(found) == len(widths)
    for one in found:
        assert one["title"].startswith("Missed")
        assert one["wide"] == []
        assert one["width"] <= max(widths)


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
        assert one["texts"] > 100
        assert one["faint"] == [], one["title"]
