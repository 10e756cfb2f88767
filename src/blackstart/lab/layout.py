"""Where everything in one lab lives: addresses, ports and names.

DNS records carry no port, so every endpoint that a name can point at has a loopback address of its own in the
lab's block ``127.<block>.0.0/16`` and shares its kind's port. The third octet is the *view*: 0 is the client
(where operators and canaries stand), 1 and 2 are the regions. An endpoint of another region is reached through a
link: an address in the own view behind which a proxy forwards, so that a region can be cut off.
"""

from dataclasses import asdict, dataclass
from typing import Any

CLIENT_VIEW = 0
DOMAIN = "amazonaws.lab"
ZONE = "shop.internal"
WRITER_NAME = f"writer.{ZONE}"
READER_NAME = f"reader.{ZONE}"
ACCOUNT = "123456789012"
COMMITS_TAG = "lab:commits-past-switch"
"""What AWS has no word for: the tag by which a snapshot of an old primary says how much the new one never had."""
RESTORED = 9
"""The instance number of a region's server that was restored from a snapshot: none of its cluster's."""
SYSTEM = "shop"
"""The name of everything in the lab: EKS cluster, namespace, deployment, global cluster, database, accelerator."""
PRIMARY_ALARM = f"{SYSTEM}-primary-entry"
CANARY_NAMESPACE = "Shop/Canary"
CANARY_METRIC = "SuccessPercent"
FAILOVER_STATE = f"/{SYSTEM}/failover"
"""The parameter in which the failover controller tells what it is doing."""


@dataclass(frozen=True)
class Ports:
    """One port a kind, the same at every address of that kind."""

    api: int
    plant: int
    http: int
    admin: int
    database: int
    cache: int
    dns: int
    kubernetes: int


@dataclass(frozen=True)
class Layout:
    """The addresses of one lab. ``regions`` in order: primary first."""

    block: int
    ports: Ports
    regions: tuple[str, ...]

    def view(self, region: str) -> int:
        """Return the region's view: 1 for the primary, 2 for the standby."""
        return self.regions.index(region) + 1

    def _address(self, view: int, host: int) -> str:
        return f"127.{self.block}.{view}.{host}"

    # Global, in nobody's region.
    @property
    def api(self) -> str:
        return self._address(CLIENT_VIEW, 1)

    @property
    def api_url(self) -> str:
        return f"http://{self.api}:{self.ports.api}"

    @property
    def plant(self) -> str:
        return self._address(CLIENT_VIEW, 2)

    @property
    def plant_url(self) -> str:
        return f"http://{self.plant}:{self.ports.plant}"

    @property
    def accelerator(self) -> str:
        return self._address(CLIENT_VIEW, 10)

    @property
    def accelerator_admin(self) -> str:
        return self._address(CLIENT_VIEW, 11)

    def resolver(self, view: int) -> str:
        """Return the address of the resolver that answers as seen from that view."""
        return self._address(view, 53)

    # A region's own endpoints.
    def kubernetes(self, region: str) -> str:
        return self._address(self.view(region), 1)

    def alb(self, region: str) -> str:
        return self._address(self.view(region), 10)

    def alb_admin(self, region: str) -> str:
        return self._address(self.view(region), 11)

    def instance(self, region: str, number: int) -> str:
        """Return the address of the database instance with that number (from 1)."""
        return self._address(self.view(region), 30 + number)

    def cache(self, region: str) -> str:
        return self._address(self.view(region), 40)

    def pods(self, region: str) -> tuple[str, ...]:
        """Return the addresses that pods of that region may get."""
        return tuple(self._address(self.view(region), host) for host in range(100, 251))

    # Links: how one view reaches an endpoint of another region.
    def kubernetes_link(self, view: int, region: str) -> str:
        return self._link(view, region, 0)

    def alb_link(self, view: int, region: str) -> str:
        return self._link(view, region, 1)

    def instance_link(self, view: int, region: str, number: int) -> str:
        return self._link(view, region, 1 + number)

    def edge_link(self, region: str) -> str:
        """Return the address behind which the accelerator reaches the region's ALB."""
        return self._address(CLIENT_VIEW, 20 + self.view(region))

    def _link(self, view: int, region: str, slot: int) -> str:
        return self._address(view, 40 + 20 * self.view(region) + slot)

    # Names.
    def cluster_name(self, region: str) -> str:
        """Return the identifier of the region's Aurora cluster."""
        return f"{SYSTEM}-{region}"

    def instance_name(self, region: str, number: int) -> str:
        return f"{SYSTEM}-{region}-{number}"

    def cluster_endpoint(self, region: str) -> str:
        """Return the cluster (writer) endpoint's name."""
        return f"{self.cluster_name(region)}.cluster-c1ab.{region}.rds.{DOMAIN}"

    def restored_endpoint(self, region: str, cluster: str) -> str:
        """Return the name of the endpoint of a cluster that was restored from a snapshot."""
        return f"{cluster}.cluster-c1ab.{region}.rds.{DOMAIN}"

    def reader_endpoint(self, region: str) -> str:
        return f"{self.cluster_name(region)}.cluster-ro-c1ab.{region}.rds.{DOMAIN}"

    def instance_endpoint(self, region: str, number: int) -> str:
        return f"{self.instance_name(region, number)}.c1ab.{region}.rds.{DOMAIN}"

    def cache_endpoint(self, region: str) -> str:
        return f"{SYSTEM}.c1ab.{region}.cache.{DOMAIN}"

    def alb_name(self, region: str) -> str:
        return f"{SYSTEM}-{region}.elb.{DOMAIN}"

    @property
    def accelerator_name(self) -> str:
        return f"{SYSTEM}.awsglobalaccelerator.lab"

    @property
    def failover_function(self) -> str:
        """Return the ARN of the failover controller, which lives in the standby."""
        return f"arn:aws:lambda:{self.regions[1]}:{ACCOUNT}:function:{SYSTEM}-failover"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"regions": list(self.regions)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Layout":
        return cls(data["block"], Ports(**data["ports"]), tuple(data["regions"]))
