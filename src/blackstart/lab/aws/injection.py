"""Fault Injection Service: templates are moto's, experiments really inject."""

import json
import threading
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.fis import models
from moto.fis.models import ExperimentTemplate, FISBackend, fis_backends
from moto.fis.responses import FISResponse

from blackstart.lab.aws import faults
from blackstart.lab.aws.context import Context, current
from blackstart.lab.aws.experiment import LiveExperiment, duration_s
from blackstart.lab.aws.faults import ACTIONS, CACHE, POWERS
from blackstart.lab.aws.plant import PlantError
from blackstart.lab.layout import ACCOUNT

_announcing = threading.Lock()


class ConflictError(JsonRESTError):
    """What the template takes down is down already."""

    code = 409

    def __init__(self, message: str) -> None:
        super().__init__("ConflictException", message)


class ValidationError(JsonRESTError):
    """The template asks for what the lab cannot inject."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class NotFoundError(JsonRESTError):
    """The lab has no such action."""

    code = 404

    def __init__(self, message: str) -> None:
        super().__init__("ResourceNotFoundException", message)


class InjectionResponse(FISResponse):
    """One call to the Fault Injection Service."""

    def create_experiment_template(self) -> str:
        self._validate(self._get_param("targets") or {})
        return super().create_experiment_template()

    def update_experiment_template(self) -> str:
        known = self.fis_backend.experiment_templates.get(self._get_param("id"))
        self._validate(self._get_param("targets") or (known.targets if known else {}))
        return super().update_experiment_template()

    def _validate(self, targets: dict[str, Any]) -> None:
        _validate(self._get_param("actions") or {}, targets, self.region)

    def start_experiment(self) -> str:
        """Start the template's actions; a client token that was seen answers with its experiment."""
        known = set(self.fis_backend.experiments)
        template = self.fis_backend.experiment_templates.get(self._get_param("experimentTemplateId"))
        if template is not None and not self._is_repeated():
            _check_free(template)
        answer = super().start_experiment()
        for experiment_id in set(self.fis_backend.experiments) - known:
            _run(self.fis_backend.experiments[experiment_id])
        return answer

    def stop_experiment(self) -> str:
        answer = super().stop_experiment()
        experiment = self.fis_backend.experiments[self._get_param("id")]
        if isinstance(experiment, LiveExperiment):
            experiment.asked_to_stop.set()
        return answer

    def list_actions(self) -> str:
        return json.dumps({"actions": [faults.described(action) for action in ACTIONS]})

    def get_action(self) -> str:
        if self._get_param("id") not in ACTIONS:
            raise NotFoundError(f"Action {self._get_param('id')} does not exist in the lab")
        return json.dumps({"action": faults.described(self._get_param("id"))})

    def _is_repeated(self) -> bool:
        return self._get_param("clientToken") in self.fis_backend._client_token_to_experiment_id


def install() -> None:
    """Let moto's backends make experiments that inject."""
    vars(models)["Experiment"] = LiveExperiment  # moto has no other way in


def running(context: Context) -> list[str]:
    """Return the names of the templates whose experiments run, in any region."""
    return sorted(
        _template_name(backend, experiment.experiment_template_id)
        for backend in (fis_backends[ACCOUNT][region] for region in context.layout.regions)
        for experiment in list(backend.experiments.values())
        if isinstance(experiment, LiveExperiment) and not experiment.is_over
    )


def _template_name(backend: FISBackend, template_id: str) -> str:
    template = backend.experiment_templates.get(template_id)
    tags = backend.list_tags_for_resource(template.arn) if template else {}
    return tags.get("Name", template_id)


def _run(experiment: Any) -> None:
    context = current()

    def announce() -> None:
        with _announcing:
            try:
                context.plant.set_experiments(running(context))
            except PlantError:
                return  # the experiment's own calls to the plant tell of it

    arguments = (context.plant, announce)
    threading.Thread(target=experiment.run, args=arguments, name=f"fis-{experiment.id}", daemon=True).start()


def _check_free(template: ExperimentTemplate) -> None:
    """Refuse to take down what is down, or what another experiment holds."""
    context = current()
    held = {
        subject
        for backend in (fis_backends[ACCOUNT][region] for region in context.layout.regions)
        for experiment in backend.experiments.values()
        if isinstance(experiment, LiveExperiment)
        for subject in experiment.held
    }
    power = context.plant.regions()
    for fault in (faults.of(action, template.region_name) for action in template.actions.values()):
        if fault is None:
            continue
        down = power.get(fault.region, "on")
        if fault.subject in held or down != "on":
            what = f"Region {fault.region}" if fault.what == "region" else f"The cache in {fault.region}"
            state = down if down != "on" else "held by a running experiment"
            raise ConflictError(f"{what} is {state} already; end that fault before the next")


def _validate(actions: dict[str, Any], targets: dict[str, Any], home: str) -> None:
    for name, action in actions.items():
        flaw = _flaw(action, targets, home)
        if flaw:
            raise ValidationError(f"Action {name}: {flaw}")
        if not set(action.get("startAfter", [])) <= actions.keys() - {name}:
            raise ValidationError(f"Action {name}: startAfter names no other action of the template")


def _flaw(action: dict[str, Any], targets: dict[str, Any], home: str) -> str | None:
    """Return why the lab cannot inject the action as it stands, in words."""
    kind, parameters = action.get("actionId"), action.get("parameters") or {}
    if kind not in ACTIONS:
        return f"the lab cannot inject {kind}, only {', '.join(ACTIONS)}"
    if kind in POWERS and parameters.get("region") not in current().layout.regions:
        return f"region must be one of {', '.join(current().layout.regions)}, not {parameters.get('region')}"
    try:
        duration_s(parameters.get("duration", ""))
    except ValueError:
        return f"duration must be ISO 8601 such as PT15M, not {parameters.get('duration')!r}"
    return faults.cache_flaw(action, targets, home) if kind == CACHE else None
