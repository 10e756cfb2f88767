"""The lab's resources, as the calls that build them on AWS would have left them; then ``resources.json``."""

import json
from typing import Any

from blackstart.lab.aws import effects, seed_alarms, seed_database, seed_global, seed_region
from blackstart.lab.aws.accelerator import models as accelerator_models
from blackstart.lab.aws.context import Context


def build(context: Context) -> dict[str, Any]:
    """Build everything, write ``<state>/aws/resources.json``, send the plant its first state; return the file."""
    resources: dict[str, Any] = {"regions": {}}
    role = seed_global.role()
    for region in context.layout.regions:
        resources["regions"][region] = seed_region.build(context, region, role)
    resources["global_cluster"] = seed_database.build(context)
    resources["secret"] = seed_global.secret(context)
    resources["zone_id"] = seed_global.zone(context, resources["regions"])
    resources |= seed_global.accelerator(context, resources["regions"])
    resources |= seed_alarms.build(context, resources["regions"])
    _write(context, resources)
    _send(context)
    return resources


def _write(context: Context, resources: dict[str, Any]) -> None:
    folder = context.configuration.state / "aws"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "resources.json.new"
    draft.write_text(json.dumps(resources, indent=2, sort_keys=True) + "\n")
    draft.rename(folder / "resources.json")


def _send(context: Context) -> None:
    for region in context.layout.regions:
        effects.security(context, region)
    effects.records(context, "")
    effects.alarms(context, "")
    accelerator_models.send(context)
    context.plant.set_experiments([])
