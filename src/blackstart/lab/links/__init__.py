"""The paths between the lab's regions: every byte that crosses a region's border passes a proxy that can be cut."""

from blackstart.lab.links.client import Links, LinksError
from blackstart.lab.links.condition import Condition, State
from blackstart.lab.links.paths import Path, all_paths, replication_paths

__all__ = ["Condition", "Links", "LinksError", "Path", "State", "all_paths", "replication_paths"]
