"""k6 with a constant arrival rate; what it saw is in its own JSON output."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.ground_truth.script import LONGEST_S, SLO_S
from benchmarks.instruments.observer import Observer, Reply, Sight
from benchmarks.instruments.wall import instant_s, offset_s

FILE = "points.json"
SCRIPT = """import http from 'k6/http';
export const options = {{
  discardResponseBodies: true,
  noConnectionReuse: true,
  systemTags: ['status'],
  scenarios: {{ it: {{
    executor: 'constant-arrival-rate', rate: {rate}, timeUnit: '1s', duration: '{longest}s', gracefulStop: '0s',
    preAllocatedVUs: {users},
  }} }},
}};
export default function () {{ http.get('{url}', {{ timeout: '{slo}s' }}); }}
"""


def k6(rate_per_s: int) -> Observer:
    """Return k6 at that rate, with as many virtual users as can wait for an answer at once."""

    def command(url: str, folder: Path) -> list[str]:
        users = round(rate_per_s * SLO_S * 1.2) + 5
        text = SCRIPT.format(rate=rate_per_s, longest=int(LONGEST_S), users=users, url=url, slo=f"{SLO_S:g}")
        (folder / "script.js").write_text(text, encoding="utf-8")
        flags = ["--quiet", "--no-usage-report", "--no-summary", "--log-output=none", "--address="]
        k6 = str(Path(sys.executable).with_name("k6"))
        return [k6, "run", *flags, "--out", f"json={folder / FILE}", str(folder / "script.js")]

    return Observer(f"k6, {rate_per_s}/s", command, FILE, sight, interrupted=True)


def sight(folder: Path) -> Sight:
    """Return k6's own ``http_req_failed``, each with the time that k6 gives it (the request's end)."""
    offset = offset_s()
    points = list(_points(folder / FILE))
    replies = [Reply(instant_s(point["time"]) + offset, point["value"] == 0) for point in points]
    return Sight([reply.told_s for reply in replies], replies=sorted(replies, key=lambda reply: reply.told_s))


def _points(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if '"metric":"http_req_failed"' in line and '"type":"Point"' in line and line.endswith("\n"):
                yield json.loads(line)["data"]
