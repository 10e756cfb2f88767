"""An experiment: a Chaos Toolkit file whose ``blackstart`` extension declares what is to be proved, and by what.

``docs/experiments.md`` describes the extension, ``docs/experiment.schema.json`` is its schema.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from blackstart import action_packages
from blackstart.outcome import UsageError

EXTENSION = "blackstart"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreObjective(_Part):
    """The most that may be lost in one store, in seconds of acknowledged writes."""

    rpo_s: float = Field(ge=0)


class Objectives(_Part):
    """The targets. One that is not given is not judged."""

    rto_s: float | None = Field(default=None, gt=0, description="longest allowed recovery time, seconds")
    rpo_s: float | None = Field(default=None, ge=0, description="oldest acknowledged write that may be lost, seconds")
    rto_clock: Literal["fault", "first_failure", "declared"] = Field(
        default="fault", description="from which moment the recovery time counts"
    )
    stores: dict[str, StoreObjective] = Field(default={}, description="targets by store, where they differ")
    failed_requests: int | None = Field(
        default=None, ge=0, description="the most probes and writes that may fail where the objectives rest on them"
    )
    warm_s: float | None = Field(
        default=None, gt=0, description="longest time from the fault until latency is as before, seconds"
    )
    lost_after_fault_allowed: bool = Field(
        default=False, description="whether writes acknowledged by the old primary after the fault may be lost"
    )
    stabilisation_s: float = Field(
        default=3.0, ge=0.5, description="how long all must stay good before it counts as recovered, seconds"
    )


PLACE = r"(accelerator|(alb|database):[a-z0-9-]+)"


class Canary(_Part):
    """A probe at one place of the system, sent on time whether or not earlier ones have answered."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    at: str = Field(
        pattern=rf"^({PLACE}|tcp:{PLACE}|record:(writer|reader(-[1-9][0-9]?)?))$",
        description="accelerator or alb:REGION (a page over HTTP); database:REGION (a transaction); tcp: before any of "
        "these (a connection); record:writer, record:reader, record:reader-2 … (a private name and its TTL); REGION is "
        "primary, standby or a region's name",
    )
    access: Literal["read", "write"] = Field(
        default="write", description="database only: read at its reader endpoint, or write and read at its writer's"
    )
    interval_ms: int = Field(default=50, ge=1, le=60_000)
    slo_s: float = Field(default=1.0, gt=0, description="an answer later than this is bad")
    timeout_s: float = Field(default=2.0, gt=0)
    rests_on: bool = Field(default=False, description="whether the objectives rest on what this canary saw")


class Adaptive(_Part):
    """Extra probes while an outage lasts, so that its end is dated more exactly."""

    interval_ms: int = Field(default=3, ge=1, le=1000)
    most_per_s: int = Field(default=400, ge=1, le=10_000, description="extra probes a second, all canaries together")


class LedgerInstrument(_Part):
    """Acknowledged orders, written through the application at the accelerator, or straight into the table by SQL."""

    name: str = Field(default="orders", pattern=r"^[a-z0-9-]+$")
    writers: int = Field(default=2, ge=1, le=64)
    rate_per_s: float = Field(default=50, gt=0, le=10_000)
    slo_s: float = Field(default=1.0, gt=0)
    timeout_s: float = Field(default=2.0, gt=0)
    rests_on: bool = True
    through: Literal["application", "sql"] = Field(
        default="application", description="sql: by the topology's orders.sql, at the name that leads to the writer"
    )


class Instruments(_Part):
    """What observes the drill."""

    canaries: tuple[Canary, ...] = ()
    adaptive: Adaptive | None = Field(default=None, description="whether canaries look closer while an outage lasts")
    # Two ledgers would number their orders alike, and one would hide what the other lost.
    ledgers: tuple[LedgerInstrument, ...] = Field(default=(), max_length=1)


class RunbookStep(_Part):
    """A recovery step that the method itself does not take: it is taken when a failover has to be completed."""

    name: str
    provider: dict[str, Any] = Field(description="as an activity of the method has it")


class Declaration(_Part):
    """The ``blackstart`` extension of an experiment."""

    name: Literal["blackstart"]
    objectives: Objectives
    instruments: Instruments
    runbook: tuple[str | RunbookStep, ...] = Field(
        default=(),
        description="the recovery steps, in order, by their names in the method or in full where the drill leaves them "
        "to the system's own automation: what completes a failover once begun",
    )
    failback: bool = Field(default=False, description="whether the drill brings the system back to the primary")
    recovers_in: Literal["standby", "primary"] = Field(
        default="standby", description="the region whose database holds the data when the method has ended"
    )
    failover: Literal["manual", "automated", "none"] = Field(
        default="manual", description="who moves the system: the drill's runbook, its own automation, or nobody"
    )
    fidelity: tuple[str, ...] = Field(default=(), description="what is simulated, and what is not")


@dataclass(frozen=True)
class Experiment:
    """A validated experiment: its name, its Chaos Toolkit content and its declaration."""

    name: str
    content: dict[str, Any]
    declaration: Declaration

    @property
    def title(self) -> str:
        return str(self.content["title"])

    @property
    def method(self) -> list[dict[str, Any]]:
        return list(self.content.get("method", []))

    def with_objectives(self, objectives: Mapping[str, float]) -> "Experiment":
        """Return the same experiment with some objectives set anew. Raises ``UsageError`` for one that cannot be."""
        if not objectives:
            return self
        content = self.runnable()
        own = next(e for e in content["extensions"] if isinstance(e, dict) and e.get("name") == EXTENSION)
        own["objectives"] = {**own["objectives"], **objectives}
        return Experiment(self.name, content, _declaration(content, Path(self.name)))

    def runnable(self) -> dict[str, Any]:
        """Return a copy for Chaos Toolkit, which changes what it is given."""
        return copy.deepcopy(self.content)


def names() -> list[str]:
    """Return the names of the experiments that come with blackstart."""
    folder = resources.files("blackstart.experiments")
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def load(name: str) -> Experiment:
    """Load an experiment by its name in ``experiments/`` or by path. Raises ``UsageError``."""
    path = _find(name)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"experiment {path} cannot be read ({error}): give a readable file") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UsageError(f"experiment {path}{where} is not YAML: {problem}; mend it there") from error
    if not isinstance(content, dict):
        raise UsageError(f"experiment {path} is not a mapping: see docs/experiments.md for its form")
    return Experiment(path.stem, content, _declaration(content, path))


def _find(name: str) -> Path:
    if name in names():
        return Path(str(resources.files("blackstart.experiments").joinpath(f"{name}.yaml")))
    path = Path(name)
    if path.suffix in (".yaml", ".yml", ".json") and path.is_file():
        return path
    if path.exists():
        raise UsageError(
            f"experiment {name} is no .yaml, .yml or .json file: give one, or a name: {', '.join(names())}"
        )
    raise UsageError(f"experiment {name!r} is not known: use one of {', '.join(names())}, or the path of a YAML file")


def _declaration(content: dict[str, Any], path: Path) -> Declaration:
    extensions = content.get("extensions")
    found = [
        e
        for e in (extensions if isinstance(extensions, list) else [])
        if isinstance(e, dict) and e.get("name") == EXTENSION
    ]
    if not found:
        raise UsageError(f"experiment {path}: extensions has no {EXTENSION!r} entry: add one (docs/experiments.md)")
    try:
        declaration = Declaration.model_validate(found[0])
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"experiment {path}: extensions.{EXTENSION}.{field}: {first['msg']}; mend it (docs/experiments.md)"
        ) from error
    _check_runbook(declaration, content, path)
    return declaration


def _check_runbook(declaration: Declaration, content: dict[str, Any], path: Path) -> None:
    """Demand steps that a later process can call as they stand: it completes a failover from the log alone."""
    method = content.get("method")
    activities = {a.get("name"): a for a in (method if isinstance(method, list) else []) if isinstance(a, dict)}
    for step in declaration.runbook:
        if isinstance(step, str) and step not in activities:
            raise UsageError(f"experiment {path}: runbook names {step!r}, which is not an activity of the method")
        name = step if isinstance(step, str) else step.name
        provider = (activities[step].get("provider") or {}) if isinstance(step, str) else step.provider
        offered = action_packages.offers(str(provider.get("module", "")))
        if not offered or "${" in str(provider.get("arguments", "")):
            raise UsageError(
                f"experiment {path}: runbook step {name!r} is no action of blackstart's own (or of a package that "
                "offers its actions) with plain arguments: only those can complete a failover later"
            )
