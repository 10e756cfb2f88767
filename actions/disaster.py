"""The declaration: the moment at which an operator decides that this is a disaster."""

from typing import Any

from chaoslib.types import Configuration

from blackstart.platform.setting import setting

__all__ = ["declare_disaster"]


def declare_disaster(reason: str, configuration: Configuration = None) -> dict[str, Any]:
    """Declare the disaster: it changes nothing, and starts the clock of objectives that count from here.

    :param reason: what the operator saw, in words
    """
    now = setting(configuration).clock.now_ns()
    return {
        "evidence": reason,
        "phase": {"name": "declared", "earliest": now, "at": now, "latest": now, "source": f"runbook: {reason}"},
    }
