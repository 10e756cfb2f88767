"""The names that managed services bring with them, and where each leads from each view."""

from collections.abc import Callable
from typing import Protocol

from blackstart.lab.layout import CLIENT_VIEW, RESTORED, Layout
from blackstart.lab.links.paths import instance_count

TTL_S = 1
"""Aurora's own endpoints have a TTL of some seconds, so that clients follow a failover; the lab's is shorter."""


class Database(Protocol):
    """What knows where the clusters' endpoints lead."""

    def writer_address(self, region: str, view: int) -> str: ...

    def reader_addresses(self, region: str, view: int) -> list[str]: ...

    def restored_cluster(self, region: str) -> str | None: ...


class Endpoints:
    """Answers ``(view, name)`` with ``(ttl, addresses)``: in the own region directly, else through a link."""

    def __init__(self, layout: Layout, database: Database) -> None:
        self._layout = layout
        self._database = database
        self._names: dict[str, Callable[[int], list[str]]] = {
            layout.accelerator_name: lambda view: [layout.accelerator]
        }
        for region in layout.regions:
            self._add_region(region)

    def __call__(self, view: int, name: str) -> tuple[int, list[str]] | None:
        """Return the answer, or None where the view knows no such name. ``name``: lower case, no dot at its end."""
        addresses = self._names[name](view) if name in self._names else self._restored(view, name)
        return (TTL_S, addresses) if addresses else None

    def _add_region(self, region: str) -> None:
        layout, database = self._layout, self._database
        own = layout.view(region)
        self._names |= {
            layout.cluster_endpoint(region): lambda view: [database.writer_address(region, view)],
            layout.reader_endpoint(region): lambda view: database.reader_addresses(region, view),
            # The cache is reachable inside its own region only.
            layout.cache_endpoint(region): lambda view: [layout.cache(region)] if view == own else [],
            layout.alb_name(region): lambda view: self._alb(view, region),
        }
        for number in range(1, instance_count(layout, region) + 1):
            self._names[layout.instance_endpoint(region, number)] = self._instance(region, number)

    def _restored(self, view: int, name: str) -> list[str]:
        """Where a cluster that was restored from a snapshot answers: to the client and in its own region."""
        for region in self._layout.regions:
            cluster = self._database.restored_cluster(region)
            if cluster is not None and name == self._layout.restored_endpoint(region, cluster):
                reachable = view in {CLIENT_VIEW, self._layout.view(region)}
                return self._instance(region, RESTORED)(view) if reachable else []
        return []

    def _alb(self, view: int, region: str) -> list[str]:
        if view == self._layout.view(region):
            return [self._layout.alb(region)]
        # Between the regions there is no path to a load balancer: it has one from the outside.
        return [self._layout.alb_link(CLIENT_VIEW, region)]

    def _instance(self, region: str, number: int) -> Callable[[int], list[str]]:
        layout = self._layout
        return lambda view: [
            layout.instance(region, number)
            if view == layout.view(region)
            else layout.instance_link(view, region, number)
        ]
