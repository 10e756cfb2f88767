"""From an experiment's instruments to the observer's plan."""

from pathlib import Path
from typing import Any

from blackstart.drill import places
from blackstart.experiment import Experiment, LedgerInstrument
from blackstart.observer.plan import Plan
from blackstart.outcome import UsageError
from blackstart.platform import sql
from blackstart.topology import Topology


def plan(
    experiment: Experiment, topology: Topology, run_dir: Path, mark: str, databases: places.Databases | None = None
) -> Plan:
    """Return what the observer of this run does; ``mark`` tells its orders from every other run's.

    ``databases`` says where databases are and who may log in; by default the system's own services are asked.
    """
    instruments = experiment.declaration.instruments
    where = places.Places(topology, databases or places.AwsDatabases(topology))
    adaptive = instruments.adaptive
    return Plan.from_json(
        {
            "out": str(run_dir / "history"),
            "served_by": list(topology.regions),
            "served_by_header": topology.orders.served_by_header,
            "canaries": [where.canary(canary) for canary in instruments.canaries],
            "ledgers": [_ledger(ledger, topology, mark) for ledger in instruments.ledgers],
            "duration_s": None,
            "linger_s": 15,
            "adaptive": None if adaptive is None else adaptive.model_dump(),
        }
    )


def listed(experiment: Experiment) -> list[dict[str, Any]]:
    """Return the instruments as run.json lists them."""
    declared = experiment.declaration.instruments
    canaries = [{"name": c.name, "kind": places.kind(c.at), "rests_on": c.rests_on} for c in declared.canaries]
    ledgers = [{"name": x.name, "kind": "ledger", "store": x.name, "rests_on": x.rests_on} for x in declared.ledgers]
    return canaries + ledgers


def load(experiment: Experiment) -> dict[str, float] | None:
    """Return the declared load, requests a second; null when the drill makes none."""
    declared = experiment.declaration.instruments
    writes = sum(ledger.rate_per_s for ledger in declared.ledgers)
    reads = sum(1000 / canary.interval_ms for canary in declared.canaries if places.kind(canary.at) == "http")
    return {"writes_per_s": writes, "reads_per_s": reads} if writes or reads else None


def _ledger(ledger: LedgerInstrument, topology: Topology, run: str) -> dict[str, Any]:
    common = {
        "name": ledger.name,
        "run": run,
        "writers": ledger.writers,
        "rate_per_s": ledger.rate_per_s,
        "timeout_s": ledger.timeout_s,
        "slo_s": ledger.slo_s,
    }
    if ledger.through == "sql":
        return {**common, "kind": "sql", "database": _database(topology)}
    write = topology.orders.write
    return {
        **common,
        "request": {
            "method": write.method,
            "url": topology.accelerator.url + write.path,
            "headers": dict(write.headers),
            "body": write.body,
            "acknowledged": list(write.acknowledged),
        },
    }


def _database(topology: Topology) -> dict[str, Any]:
    """Return where the ledger writes: at the name by which applications find the writer, wherever that leads."""
    if topology.orders.sql is None:
        raise UsageError(
            f"a ledger writes through sql, and topology {topology.name!r} has no orders.sql: add it (docs/topology.md)"
        )
    writer = topology.database.writer
    user, password = sql.login(topology, topology.standby)
    return {
        "host": writer.record.name if writer.record else writer.global_endpoint,
        "port": topology.database.port,
        "database": topology.database.name,
        "user": user,
        "password": password,
        "statement": topology.orders.sql.statement,
        "resolver": topology.resolver,
    }
