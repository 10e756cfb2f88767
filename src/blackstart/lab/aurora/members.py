"""The instances of both regions, who follows whom, and what each was last seen doing."""

from pathlib import Path

from blackstart.clock import Clock
from blackstart.lab.aurora.instance import Instance, Passwords, Source
from blackstart.lab.aurora.programs import Processes
from blackstart.lab.aurora.watch import Watch
from blackstart.lab.layout import Layout
from blackstart.lab.links.paths import instance_count


class Members:
    """All instances of one global cluster. ``writer`` is the region that writes."""

    def __init__(self, layout: Layout, processes: Processes, folder: Path, passwords: Passwords, clock: Clock) -> None:
        self.layout = layout
        self.writer = layout.regions[0]
        self.regions = {
            region: [
                Instance(layout, region, number, processes, folder, passwords)
                for number in range(1, instance_count(layout, region) + 1)
            ]
            for region in layout.regions
        }
        self.leaders = dict.fromkeys(layout.regions, 1)
        """Region → the number of the instance that writes when the region does, and that its other ones follow."""
        self.watches = {instance.id: Watch(instance, clock) for instance in self.all}

    @property
    def all(self) -> list[Instance]:
        return [instance for instances in self.regions.values() for instance in instances]

    @property
    def standby(self) -> str:
        """The region that does not write."""
        return next(region for region in self.layout.regions if region != self.writer)

    def leader(self, region: str) -> Instance:
        """Return the instance that writes when its region does, and that the region's other ones follow."""
        return next(instance for instance in self.regions[region] if instance.number == self.leaders[region])

    def followers(self, region: str) -> list[Instance]:
        """Return the region's other instances: its readers."""
        return [instance for instance in self.regions[region] if instance.number != self.leaders[region]]

    def watch(self, region: str) -> Watch:
        """Return the watch of the region's leader."""
        return self.watches[self.leader(region).id]

    def answers(self, instance: Instance) -> bool:
        """Tell whether the instance said anything when it was asked last."""
        return self.watches[instance.id].reading is not None

    def source_of(self, instance: Instance) -> Source | None:
        """Return where an instance streams from: through the link to the writer's region, or inside its own."""
        port = self.layout.ports.database
        leader = self.leader(instance.region)
        if instance is not leader:
            return Source(leader.address, port)
        if instance.region == self.writer:
            return None
        view = self.layout.view(instance.region)
        return Source(self.layout.instance_link(view, self.writer, self.leaders[self.writer]), port)

    def has_reached(self, instance: Instance, position: int) -> bool:
        """Tell whether a standby streams and was last seen to have replayed up to that position."""
        reading = self.watches[instance.id].reading
        return reading is not None and reading.streaming and reading.position >= position

    def lag_ms(self, region: str) -> float | None:
        """Return how far the region's replica is behind the writer, or None where that cannot be known.

        The larger of what the writer measured last and of how long ago it passed what the replica has replayed: the
        first is fine and stands still while nothing arrives, the second is coarse and grows.
        """
        writer, replica = self.watch(self.writer), self.watch(region)
        if region == self.writer or writer.reading is None or replica.reading is None:
            return None
        behind = writer.behind_ms(replica.reading.position, replica.reading.read_ns)
        measured = writer.reading.lags_ms.get(replica.instance.name)
        return None if behind is None else round(max(behind, measured or 0.0), 3)
