"""What a test gets from its drill."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from blackstart.pytest_plugin import explanation


@dataclass
class Result:
    """How a drill ended. ``asked`` is whether the test has looked at the outcome: one that has not cannot pass."""

    run_dir: Path
    _verdict: dict[str, Any] = field(repr=False)
    asked: bool = field(default=False, repr=False)

    @property
    def verdict(self) -> dict[str, Any]:
        """The whole verdict, as in verdict.json."""
        self.asked = True
        return self._verdict

    @property
    def outcome(self) -> str:
        """``met``, ``missed``, ``inconclusive``, ``aborted`` or ``refused``."""
        return str(self.verdict["outcome"])

    @property
    def state(self) -> str:
        """How the system was left: ``restored``, ``holding`` or ``broken``."""
        return str((self.verdict["restoration"] or {}).get("state"))

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.run_dir / "report.html"

    def met(self) -> None:
        """Fail the test, with what was missed and why, unless every objective was met and everything is back."""
        __tracebackhide__ = True
        if self.outcome != "met" or self.state != "restored":
            pytest.fail(explanation.of(self._verdict, self.run_dir), pytrace=False)
