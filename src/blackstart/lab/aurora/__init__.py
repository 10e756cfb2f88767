"""The lab's Aurora Global Database: PostgreSQL in both regions, replicated through a link."""

from blackstart.lab.aurora.controller import Aurora
from blackstart.lab.aurora.errors import AuroraError, GlobalClusterStateError

__all__ = ["Aurora", "AuroraError", "GlobalClusterStateError"]
