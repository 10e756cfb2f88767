"""Which paths a lab has: one for every way from one view to an endpoint of another region."""

from collections.abc import Iterator
from dataclasses import dataclass

from blackstart.lab.layout import CLIENT_VIEW, RESTORED, Layout

CLIENT = "client"
EDGE = "edge"
Endpoint = tuple[str, int]
"""IP address and port."""


@dataclass(frozen=True)
class Path:
    """One directed path: who connects to ``listen`` reaches ``target``.

    ``ends`` are where it comes from (a region, or ``client`` or ``edge``) and the region it leads to.
    """

    name: str
    listen: Endpoint
    target: Endpoint
    ends: tuple[str, str]


def instance_count(layout: Layout, region: str) -> int:
    """Return how many database instances the region has: writer and reader in the primary, one in the standby."""
    return 2 if layout.view(region) == 1 else 1


def database_path(origin: str, region: str, number: int) -> str:
    """Return the name of the path from ``origin`` to the region's database instance with that number."""
    return f"{origin}>{region}:database-{number}"


def replication_paths(layout: Layout) -> list[str]:
    """Return the names of the paths that replication takes: to any instance of the other region, which may write."""
    ways = [(a, b) for a in layout.regions for b in layout.regions if a != b]
    return [database_path(a, b, number) for a, b in ways for number in range(1, instance_count(layout, b) + 1)]


def all_paths(layout: Layout) -> list[Path]:
    """Return every path of the lab: client to region, region to region, edge to load balancer."""
    return [path for region in layout.regions for path in _paths_to(layout, region)]


def _paths_to(layout: Layout, region: str) -> Iterator[Path]:
    ports = layout.ports
    alb = (layout.alb(region), ports.http)
    yield Path(
        f"{CLIENT}>{region}:kubernetes",
        (layout.kubernetes_link(CLIENT_VIEW, region), ports.kubernetes),
        (layout.kubernetes(region), ports.kubernetes),
        (CLIENT, region),
    )
    yield Path(f"{CLIENT}>{region}:alb", (layout.alb_link(CLIENT_VIEW, region), ports.http), alb, (CLIENT, region))
    yield Path(f"{EDGE}>{region}:alb", (layout.edge_link(region), ports.http), alb, (EDGE, region))
    yield from _database_paths(layout, CLIENT, CLIENT_VIEW, region)
    yield _database_path(layout, CLIENT, CLIENT_VIEW, region, RESTORED)
    for origin in layout.regions:
        if origin != region:
            yield from _database_paths(layout, origin, layout.view(origin), region)


def _database_paths(layout: Layout, origin: str, view: int, region: str) -> Iterator[Path]:
    for number in range(1, instance_count(layout, region) + 1):
        yield _database_path(layout, origin, view, region, number)


def _database_path(layout: Layout, origin: str, view: int, region: str, number: int) -> Path:
    port = layout.ports.database
    return Path(
        database_path(origin, region, number),
        (layout.instance_link(view, region, number), port),
        (layout.instance(region, number), port),
        (origin, region),
    )
