"""A request with places for the run, the writer and the sequence."""

import re
from dataclasses import replace

from blackstart.observer.plan import RequestPlan
from blackstart.observer.target import parse_target, request_bytes

_PLACE = re.compile(r"\{(run|writer|seq|key|version)\}")


class RequestTemplate:
    """Fills in one write. Only the five places are replaced: a JSON body keeps its own braces."""

    def __init__(self, plan: RequestPlan, run: str) -> None:
        self.target = parse_target(plan.url, None, plan.ca_file)
        self._plan = plan
        self._run = run

    def fill(self, writer: int, seq: int, version: int) -> bytes:
        """Return the whole request for that write; {key} is ``run-writer-seq``."""
        places = {
            "run": self._run,
            "writer": str(writer),
            "seq": str(seq),
            "key": f"{self._run}-{writer}-{seq}",
            "version": str(version),
        }

        def filled(text: str) -> str:
            return _PLACE.sub(lambda place: places[place[1]], text)

        headers = {name: filled(value) for name, value in self._plan.headers.items()}
        body = filled(self._plan.body or "").encode()
        return request_bytes(self._plan.method, replace(self.target, path=filled(self.target.path)), headers, body)
