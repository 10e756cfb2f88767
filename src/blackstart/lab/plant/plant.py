"""The plant as its API drives it: status, power, and what the AWS API accepted, passed to the part concerned."""

import asyncio
from collections.abc import Callable
from typing import Any

from blackstart.lab import names
from blackstart.lab.aurora.transition import Mode
from blackstart.lab.layout import CLIENT_VIEW
from blackstart.lab.plant import inventory, memory_folder, snapshot, topology_file
from blackstart.lab.plant.parts import DATABASES, Parts
from blackstart.lab.plant.power import Power
from blackstart.lab.plant.replicas import replicas
from blackstart.lab.record import Record
from blackstart.outcome import UsageError

REPLICATION = "replication"
"""The name under which the links that replication takes are set together."""


class Plant:
    """One lab that runs. ``end`` is called when the API is asked to take the lab down."""

    def __init__(self, record: Record, parts: Parts, power: Power, end: Callable[[], None]) -> None:
        self.record = record
        self._parts, self._power, self._end = parts, power, end
        self._experiments: list[str] = []
        self._alarm_actions: dict[str, bool] = {}

    @property
    def regions(self) -> tuple[str, ...]:
        return self.record.layout.regions

    def begin_down(self) -> None:
        self._end()

    # Power.
    def powers(self) -> dict[str, str]:
        return self._power.states()

    async def set_power(self, region: str, power: str) -> None:
        await self._power.set(region, power)

    # Caches.
    async def set_cache(self, region: str, power: str) -> None:
        await self._parts.caches.set(region, power, self._power.note)

    # Aurora.
    def aurora_state(self) -> dict[str, Any]:
        return self._parts.aurora.describe()

    async def failover(self, target_region: str, mode: str, *, data_loss_allowed: bool) -> None:
        wanted: Mode = "switchover" if mode == "switchover" else "failover"
        if mode != wanted:
            raise UsageError(f"mode {mode!r}: use failover or switchover")
        await self._parts.aurora.failover(target_region, wanted, data_loss_allowed)
        self._power.note(mode, target=target_region)

    async def fail_over_writer(self, region: str, instance: str | None) -> None:
        begun = await self._parts.aurora.fail_over_writer(region, instance)
        self._power.note("writer killed", begun.struck_ns, region=region, instance=begun.from_instance)

    async def restore_snapshot(self, snapshot: str, cluster: str) -> None:
        self._parts.aurora.restore_snapshot(snapshot, cluster)

    async def discard_restored(self, region: str, cluster: str) -> None:
        await self._parts.aurora.discard_restored(region, cluster)

    # The edge.
    async def targets(self, region: str) -> list[dict[str, Any]]:
        return self._parts.edge.targets(region)

    async def set_ingress(self, region: str, allowed: list[str]) -> None:
        self._parts.edge.set_ingress(region, allowed)
        self._power.note("ingress", region=region, allowed=allowed)

    async def set_path(self, region: str, *, is_open: bool) -> None:
        self._parts.edge.set_path(region, is_open)
        self._power.note("path", region=region, open=is_open)

    async def set_accelerator(self, groups: list[dict[str, Any]], *, enabled: bool) -> None:
        self._parts.edge.set_accelerator({"groups": groups, "enabled": enabled})
        self._power.note("dials", dials={str(group["region"]): group["dial"] for group in groups})

    async def accelerator(self) -> dict[str, Any]:
        return self._parts.edge.describe_accelerator()

    # Names.
    def set_records(self, records: list[names.Record]) -> None:
        self._parts.names.set_records(records)
        self._power.note("records", values={record["name"]: list(record["values"]) for record in records})

    def records(self) -> list[names.Record]:
        return self._parts.names.records

    # Links.
    async def set_links(self, changes: dict[str, dict[str, Any]]) -> None:
        links = self._parts.links
        for name, change in changes.items():
            await (links.set_replication(**change) if name == REPLICATION else links.set(name, **change))

    def links(self) -> dict[str, Any]:
        return self._parts.links.snapshot()

    # Fault injection.
    def set_experiments(self, running: list[str]) -> None:
        self._experiments = list(running)

    # Alarms and the automation.
    def set_alarm_actions(self, acting: dict[str, bool]) -> None:
        self._alarm_actions = dict(acting)

    def note(self, note: dict[str, Any]) -> None:
        details = {key: value for key, value in note.items() if key not in ("t", "what")}
        self._power.note(str(note["what"]), int(note["t"]), **details)

    async def invoke(self, function: str, event: dict[str, Any]) -> None:
        await self._parts.automation.invoke(function, event)

    async def set_automation(self, *, delay_s: float) -> None:
        await self._parts.automation.set_delay(delay_s)

    async def status(self) -> dict[str, Any]:
        """Return the answer to ``lab status --json``."""
        janitor = self.record.janitor
        assert janitor is not None
        parts = await inventory.parts(self._parts.processes, janitor)
        files_mb = await asyncio.to_thread(memory_folder.used_mb, self._parts.state / DATABASES)
        aurora = self._parts.aurora.describe()
        return {
            "name": self.record.name,
            "state": "up" if self.record.since else "starting",
            "since": self.record.since,
            "block": self.record.layout.block,
            "parts": parts,
            "memory_mb": round(inventory.total_mb(parts) + files_mb, 1),
            "urls": self._urls(),
            "regions": self.powers(),
            "aurora": aurora,
            "automation": self._parts.automation.describe(),
            "truth": sorted([*self._power.truth, *self._parts.twins.truth()], key=lambda entry: int(entry["t"])),
            "configuration": await self._configuration(aurora),
        }

    def _urls(self) -> dict[str, Any]:
        layout = self.record.layout
        return {
            "api": layout.api_url,
            "accelerator": topology_file.accelerator_url(layout),
            "alb": {region: topology_file.alb_url(layout, region) for region in self.regions},
            "kubernetes": {region: topology_file.kubernetes_url(layout, region) for region in self.regions},
            "resolver": f"{layout.resolver(CLIENT_VIEW)}:{layout.ports.dns}",
            "topology": str(self._parts.state / "topology.yaml"),
        }

    async def _configuration(self, aurora: dict[str, Any]) -> dict[str, Any]:
        found = await asyncio.gather(*(replicas(self._parts.twins, region) for region in self.regions))
        return snapshot.configuration(
            edge=self._parts.edge.snapshot(),
            records=self.records(),
            replicas=dict(zip(self.regions, found, strict=True)),
            aurora=aurora,
            links=self.links(),
            experiments=self._experiments,
            regions=self.powers(),
            caches=self._parts.caches.states(),
            alarm_actions=self._alarm_actions,
        )
