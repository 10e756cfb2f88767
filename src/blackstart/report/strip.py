"""A strip for each canary: the last moments side by side, one sign each, red where any probe in it failed."""

from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any

from rich.text import Text

LENGTH = 48
SIGNS = {"good": ("▂", "green"), "bad": ("█", "bold red"), "silent": ("·", "yellow")}


class Strips:
    """Takes the observer's states in; each becomes one sign. A state that is good now may have been bad in between."""

    def __init__(self) -> None:
        self._signs: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=LENGTH))
        self._bad: dict[str, int] = {}

    def take(self, state: Mapping[str, Any]) -> dict[str, int]:
        """Add a state; return how many probes of each canary have failed since the last one."""
        failed = {}
        for name, canary in (state.get("canaries") or {}).items():
            bad = int(canary.get("bad") or 0)
            failed[name] = bad - self._bad.get(name, 0)
            self._bad[name] = bad
            self._signs[name].append("bad" if failed[name] else str(canary.get("state")))
        return failed

    def of(self, name: str) -> Text:
        """Return a canary's strip, the latest moment last."""
        return Text.assemble(*(SIGNS.get(word, SIGNS["silent"]) for word in self._signs.get(name, ())))
