"""What the system under drill is: regions, entry points, databases, names. All that differs between lab and AWS.

``topology.yaml`` is the only place that knows where a drill runs. Credentials stand in it by reference only.
``docs/topology.md`` describes every field.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from blackstart.outcome import UsageError

Url = Annotated[str, Field(pattern=r"^https?://[^/\s]+$")]
"""Scheme, host and port; paths stand where they are asked for."""


Success = Annotated[int, Field(ge=200, le=399)]
"""A status that can mean success: what a server refuses is never good."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Credentials(_Part):
    """AWS credentials by reference: a named profile, in the default files or in the one given."""

    profile: str
    file: Path | None = None


class Aws(_Part):
    """How the AWS API is reached. Without ``endpoint_url`` it is AWS itself."""

    endpoint_url: Url | None = None
    credentials: Credentials | None = None


class Accelerator(_Part):
    """The Global Accelerator in front of both regions; ``url`` is what clients call."""

    arn: str
    listener: str
    url: Url

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if not self.listener.startswith(f"{self.arn}/listener/"):
            raise ValueError(f"listener is {self.listener!r}, which is none of accelerator {self.arn!r}")
        return self


class LoadBalancer(_Part):
    """A region's Application Load Balancer; ``url`` reaches it past the accelerator."""

    arn: str
    target_group: str
    security_group: str
    url: Url


class Workload(_Part):
    """The deployment that serves; ``replicas`` is what a region needs while it serves."""

    cluster: str
    namespace: str
    deployment: str
    replicas: int = Field(ge=1)
    selector: str


class RegionalDatabase(_Part):
    """A region's Aurora cluster, by its identifier."""

    cluster: str


class Cache(_Part):
    """A region's cache, by the address at which the drill can ask whether it answers; ``tls``: asked by TLS."""

    endpoint: str = Field(pattern=r"^[^:\s]+:\d{1,5}$")
    tls: bool = False


class Region(_Part):
    """One region of the system. ``role`` is assumed for every call in it, if given."""

    account: str = Field(pattern=r"^\d{12}$")
    role: str | None = None
    alb: LoadBalancer
    kubernetes: Workload
    database: RegionalDatabase
    cache: Cache | None = None


class Record(_Part):
    """A record of a private zone that names a database endpoint."""

    zone: str
    name: str
    type: Literal["CNAME"] = "CNAME"
    ttl_s: int = Field(ge=0)


class Name(_Part):
    """How the application finds a database: by a private record, or by the cluster's own global endpoint."""

    record: Record | None = None
    global_endpoint: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.record is None) == (self.global_endpoint is None):
            raise ValueError("give either record or global_endpoint")
        return self


class DatabaseSecret(_Part):
    """A Secrets Manager secret that holds ``username`` and ``password``."""

    secret: str


class Database(_Part):
    """The Aurora global database and how applications find its writer.

    ``engine_gap_tag`` is the key of a tag by which the snapshot of an old primary says how many of its transactions the
    new primary never had; null where nothing says so, as on AWS.
    """

    engine: Literal["postgresql"]
    global_cluster: str
    name: str
    port: int = Field(ge=1, le=65535)
    credentials: DatabaseSecret
    writer: Name
    readers: tuple[Name, ...] = ()
    engine_gap_tag: str | None = None


class Write(_Part):
    """One order as a request; ``{run} {writer} {seq} {key} {version}`` are filled in, nothing else is."""

    method: str
    path: str
    headers: dict[str, str] = {}
    body: str
    acknowledged: tuple[Success, ...] = Field(min_length=1)


class CacheMark(_Part):
    """By which response header, and which value of it, the application says that it answered from its cache."""

    header: str = Field(min_length=1)
    hit: str


class Read(_Part):
    """A request that shows whether the system serves reads."""

    path: str
    status: tuple[Success, ...] = Field(default=(200,), min_length=1)
    cache: CacheMark | None = None


class ReadBack(_Part):
    """A query that returns ``writer`` and ``seq`` of every order of ``%(run)s``."""

    sql: str


class SqlWrite(_Part):
    """One order as a statement, with ``%(run)s %(writer)s %(seq)s %(key)s %(version)s``."""

    statement: str


class Orders(_Part):
    """How acknowledged data is made, and how it is found again. ``sql``: how straight into the table, if at all."""

    write: Write
    sql: SqlWrite | None = None
    read: Read
    read_back: ReadBack
    served_by_header: str


class Targets(_Part):
    """What this system must achieve in one experiment, in place of the experiment's own objectives."""

    rto_s: float | None = Field(default=None, gt=0)
    rpo_s: float | None = Field(default=None, ge=0)
    warm_s: float | None = Field(default=None, gt=0)
    failed_requests: int | None = Field(default=None, ge=0)

    def given(self) -> dict[str, float]:
        """Return the objectives that are given, by their names in an experiment."""
        return self.model_dump(exclude_none=True)


class FaultTemplate(_Part):
    """A Fault Injection Service experiment template, called in ``region``."""

    region: str
    template: str


class Controller(_Part):
    """The function that alarms start. ``state`` is the SSM parameter in which it tells what it is doing: JSON with
    ``state`` (``running`` or ``idle``) and ``doing`` (words). It must stop where its alarms' actions are disabled.
    """

    function: str
    state: str


class Automation(_Part):
    """The system's own failover: CloudWatch alarms in ``region`` whose action is the controller."""

    region: str
    alarms: tuple[str, ...] = Field(min_length=1)
    controller: Controller


class Topology(_Part):
    """The system under drill.

    ``kind`` says what the evidence is about, ``timing`` which of the lab's profiles made it (null on AWS).
    ``resolver`` (``host:port``) answers for private names; null means the machine's own. ``patience_s`` is how long
    one step may take before it has failed. ``objectives`` are by experiment. ``fidelity`` says what of the system
    itself is simulated.
    """

    version: Literal[1]
    name: str
    kind: Literal["lab", "aws"]
    timing: str | None = None
    aws: Aws = Aws()
    primary: str
    standby: str
    resolver: str | None = Field(default=None, pattern=r"^[^:\s]+:\d{1,5}$")
    accelerator: Accelerator
    regions: dict[str, Region]
    database: Database
    orders: Orders
    fault_injection: dict[str, FaultTemplate] = {}
    objectives: dict[str, Targets] = {}
    automation: Automation | None = None
    fidelity: tuple[str, ...] = ()
    patience_s: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _regions_exist(self) -> Self:
        for role, region in (("primary", self.primary), ("standby", self.standby)):
            if region not in self.regions:
                raise ValueError(f"{role} is {region!r}, which is not under regions ({', '.join(self.regions)})")
        if self.automation and self.automation.region not in self.regions:
            raise ValueError(f"automation.region is {self.automation.region!r}, which is not under regions")
        if self.primary == self.standby:
            raise ValueError(f"primary and standby are both {self.primary!r}")
        return self

    @property
    def patience(self) -> float:
        """How long one step may take, in seconds: as given, else 15 minutes, or 20 s in a fast lab."""
        if self.patience_s is not None:
            return self.patience_s
        return 20.0 if self.timing == "fast" else 900.0

    def region_named(self, role: str) -> str:
        """Return the region's name for ``primary``, ``standby`` or a name of its own."""
        name = {"primary": self.primary, "standby": self.standby}.get(role, role)
        if name not in self.regions:
            raise UsageError(f"region {role!r} is not in topology {self.name!r}: use {', '.join(self.regions)}")
        return name


def load(path: Path) -> Topology:
    """Read and validate a topology file. Raises ``UsageError`` that names the file and the field."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"topology {path} cannot be read ({error.strerror}): give an existing file") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"topology {path} is not UTF-8 text ({error.reason}): give a YAML file") from error
    except yaml.YAMLError as error:
        raise UsageError(f"topology {path} is not YAML: {_place(error)}; mend it there") from error
    if not isinstance(data, dict):
        raise UsageError(f"topology {path} is not a mapping: see docs/topology.md for its fields")
    return parse(data, str(path))


def parse(data: dict[str, Any], source: str) -> Topology:
    """Validate the content of a topology; ``source`` names it in the error."""
    try:
        return Topology.model_validate(data)
    except ValidationError as error:
        raise UsageError(f"topology {source}: {_first(error)}") from error


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return where + str(getattr(error, "problem", None) or error).splitlines()[0]


def _first(error: ValidationError) -> str:
    """Say where the first fault is and how to mend it, in one line."""
    # A misspelt field comes as one that is unknown and one that is missing: the unknown one says more.
    errors = sorted(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    first, count = errors[0], len(errors)
    field = ".".join(str(part) for part in first["loc"])
    more = f" (and {count - 1} more)" if count > 1 else ""
    match first["type"]:
        case "extra_forbidden":
            says = "is not a field of a topology: remove it or mend its spelling (docs/topology.md lists all)"
        case "missing":
            says = "is missing: add it (docs/topology.md says how)"
        case _:
            says = first["msg"].removeprefix("Value error, ") + ": mend it (docs/topology.md lists all fields)"
    return f"{field}: {says}{more}" if field else f"{says}{more}"
