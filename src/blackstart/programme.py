"""A programme: which drills a system owes, how often, against which objectives, and who answers for it.

``docs/scorecard.md`` describes ``programme.yaml``, ``docs/programme.schema.json`` is its schema.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from blackstart.outcome import UsageError

FILE = "programme.yaml"
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreTarget(_Part):
    """What the programme asks of one store."""

    rpo_s: float = Field(ge=0, description="oldest acknowledged write that may be lost, seconds")


class Targets(_Part):
    """What the programme asks for. A target that is not given is not asked for."""

    rto_s: float | None = Field(default=None, gt=0, description="longest allowed recovery time, seconds")
    rpo_s: float | None = Field(default=None, ge=0, description="oldest acknowledged write that may be lost, seconds")
    stores: dict[str, StoreTarget] = Field(default={}, description="targets by store; one nobody reads is never tested")


class PlannedDrill(_Part):
    """A drill that the system owes again and again."""

    experiment: str = Field(min_length=1, description="the experiment's name, as in experiments/")
    every_days: int = Field(ge=1, description="the longest time between two drills that decided, days")
    rationale: Text | None = Field(default=None, description="why this scenario, for the compliance report")
    objectives: Targets | None = Field(default=None, description="targets of this drill, where they differ")


class Plan(_Part):
    """The recovery plan that the drills exercise."""

    name: Text | None = None
    version: str = Field(min_length=1, max_length=200)
    approved_by: Text | None = None
    approved_on: date | None = None


class Person(_Part):
    """Who took part, in which role."""

    name: Text
    role: Text | None = None


class Approval(_Part):
    """Who approved what, and when."""

    name: Text
    role: Text | None = None
    what: Text | None = None
    approved_on: date | None = None


class Programme(_Part):
    """One system's programme of drills."""

    system: str = Field(min_length=1, max_length=200, description="the system's name, as its topology has it")
    owner: Text | None = Field(default=None, description="who answers for the programme")
    scope: Text | None = Field(default=None, description="what the programme covers, for the compliance report")
    out_of_scope: tuple[Text, ...] = Field(default=(), description="what it leaves out, said openly")
    plan: Plan | None = None
    objectives: Targets = Targets()
    drills: tuple[PlannedDrill, ...] = Field(default=(), description="the planned drills")
    participants: tuple[Person, ...] = ()
    approvals: tuple[Approval, ...] = ()

    def targets(self, experiment: str) -> Targets:
        """Return what is asked of one experiment: its own targets before those of the whole programme."""
        own = next((drill.objectives for drill in self.drills if drill.experiment == experiment), None) or Targets()
        return Targets(
            rto_s=self.objectives.rto_s if own.rto_s is None else own.rto_s,
            rpo_s=self.objectives.rpo_s if own.rpo_s is None else own.rpo_s,
            stores={**self.objectives.stores, **own.stores},
        )


def load(path: Path) -> Programme:
    """Load a programme. Raises ``UsageError``: one line that says what, where, and what to do."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"programme {path} cannot be read ({error}): give a readable file") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UsageError(f"programme {path}{where} is not YAML: {problem}; mend it there") from error
    if not isinstance(content, dict):
        raise UsageError(f"programme {path} is not a mapping: see docs/scorecard.md for its form")
    return _checked(content, path)


def find(folder: Path, given: Path | None) -> Programme | None:
    """Load the programme that was given, or else the folder's own; None where there is neither."""
    if given is None and not (folder / FILE).exists():
        return None
    return load(folder / FILE if given is None else given)


def _checked(content: dict[Any, Any], path: Path) -> Programme:
    try:
        programme = Programme.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"programme {path}: {field}: {first['msg']}; mend it (docs/scorecard.md)") from error
    names = [drill.experiment for drill in programme.drills]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"programme {path}: drills names {twice!r} twice: plan each experiment once")
    return programme
