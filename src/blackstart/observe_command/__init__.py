"""``blackstart observe URL…`` and ``judge DIR``: the canaries alone, for people who break things by other means."""

from blackstart.observe_command.command import add, judge
from blackstart.observe_command.folder import find

__all__ = ["add", "find", "judge"]
