"""Where a canary stands: from a place in the system to the URL that it asks."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import dns.resolver

from blackstart.experiment import Canary
from blackstart.outcome import UsageError
from blackstart.platform import aurora, aws, sql
from blackstart.topology import Name, Topology

_PORTS = {"http": 80, "https": 443}


class Databases(Protocol):
    """Where a region's database is, and who may log in."""

    def endpoint(self, region: str, access: str) -> str:
        """Return the name of the endpoint for reads, or for writes."""

    def login(self, region: str) -> tuple[str, str]:
        """Return user and password."""


class AwsDatabases:
    """Asks RDS and Secrets Manager, of the region in question. Raises UsageError where they do not answer."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    def endpoint(self, region: str, access: str) -> str:
        found = _known(region, lambda: aurora.endpoints(self._topology, region))
        return found.reader if access == "read" else found.writer

    def login(self, region: str) -> tuple[str, str]:
        return _known(region, lambda: sql.login(self._topology, region))


def _known[T](region: str, ask: Callable[[], T]) -> T:
    try:
        return ask()
    except (LookupError, OSError, ValueError, *aws.AwsError) as error:
        raise UsageError(
            f"the database of {region}, where a canary stands, is not known ({' '.join(str(error).split())}): "
            "mend the topology, or bring it up"
        ) from error


def kind(at: str) -> str:
    """Return what a canary at a place asks: "http", "tcp", "dns" or "sql"."""
    first = at.partition(":")[0]
    return {"tcp": "tcp", "record": "dns", "database": "sql"}.get(first, "http")


class Places:
    """Plans canaries for the places of one system."""

    def __init__(self, topology: Topology, databases: Databases) -> None:
        self._topology, self._databases = topology, databases

    def canary(self, canary: Canary) -> dict[str, Any]:
        """Return one canary as the observer's plan has it. Raises UsageError for a place that is not there."""
        place, _, rest = canary.at.partition(":")
        ask = {"tcp": self._connection, "record": self._name, "database": self._database}.get(place)
        return {
            "name": canary.name,
            "kind": kind(canary.at),
            "interval_ms": canary.interval_ms,
            "slo_s": canary.slo_s,
            "timeout_s": canary.timeout_s,
            **(self._page(canary.at) if ask is None else ask(rest, canary.access)),
        }

    def _page(self, at: str) -> dict[str, Any]:
        read = self._topology.orders.read
        return {"url": self._entry(at) + read.path, "expect_status": list(read.status)}

    def _connection(self, at: str, access: str) -> dict[str, Any]:
        place, _, region = at.partition(":")
        if place == "database":
            host = self._databases.endpoint(self._topology.region_named(region), access)
            return {"url": f"tcp://{host}:{self._topology.database.port}", "resolver": self._topology.resolver}
        parts = urlsplit(self._entry(at))
        return {"url": f"tcp://{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"}

    def _name(self, which: str, _access: str) -> dict[str, Any]:
        database = self._topology.database
        number = int(which.partition("-")[2] or 1)
        if which != "writer" and number > len(database.readers):
            raise UsageError(
                f"topology {self._topology.name!r} names {len(database.readers)} readers of its database, so no canary "
                f"can stand at record:{which}: mend the experiment, or add it under database.readers"
            )
        name = _name(database.writer if which == "writer" else database.readers[number - 1])
        return {"url": f"dns://{self._topology.resolver or _own_resolver()}/{name}"}

    def _database(self, role: str, access: str) -> dict[str, Any]:
        region, database = self._topology.region_named(role), self._topology.database
        user, password = self._databases.login(region)
        host = self._databases.endpoint(region, access)
        return {
            "url": f"postgresql://{quote(user, safe='')}@{host}:{database.port}/{quote(database.name, safe='')}",
            "resolver": self._topology.resolver,
            "access": access,
            "password": password,
        }

    def _entry(self, at: str) -> str:
        if at == "accelerator":
            return self._topology.accelerator.url
        return self._topology.regions[self._topology.region_named(at.removeprefix("alb:"))].alb.url


def _name(name: Name) -> str:
    return str(name.global_endpoint if name.record is None else name.record.name)


def _own_resolver() -> str:
    server = str(dns.resolver.get_default_resolver().nameservers[0])
    return f"[{server}]:53" if ":" in server else f"{server}:53"
