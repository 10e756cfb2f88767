"""What an object must say to be accepted. Far less than a real cluster checks, but what typos hit."""

import re

from blackstart.lab.kubernetes.objects.failure import invalid
from blackstart.lab.kubernetes.objects.kinds import DEPLOYMENTS, PODS, REPLICA_SETS, Kind
from blackstart.lab.kubernetes.objects.selectors import admits, from_selector
from blackstart.lab.kubernetes.objects.shape import Json, name

_NAME = re.compile(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")


def check(kind: Kind, item: Json) -> None:
    """Refuse an object that cannot work.

    Raises:
        ApiError: 422, with the field that is wrong.

    """
    if not _NAME.match(name(item)) or len(name(item)) > 253:
        raise invalid(kind.kind, name(item), "metadata.name", "must be a lowercase RFC 1123 subdomain")
    if kind in (DEPLOYMENTS, REPLICA_SETS):
        _check_workload(kind, item)
    elif kind is PODS:
        _check_pod(kind, item, item["spec"], "spec")


def check_change(kind: Kind, old: Json, new: Json) -> None:
    """Refuse a change of what cannot change.

    Raises:
        ApiError: 422, the field is immutable.

    """
    if kind in (DEPLOYMENTS, REPLICA_SETS) and old["spec"].get("selector") != new["spec"].get("selector"):
        raise invalid(kind.kind, name(new), "spec.selector", "field is immutable")
    if kind is PODS and _without_images(old) != _without_images(new):
        raise invalid(kind.kind, name(new), "spec", "pod updates may not change fields other than container images")


def _without_images(pod: Json) -> Json:
    spec = {key: value for key, value in pod["spec"].items() if key not in ("nodeName", "activeDeadlineSeconds")}
    spec["containers"] = [
        {key: value for key, value in container.items() if key != "image"} for container in spec["containers"]
    ]
    spec.pop("tolerations", None)
    return spec


def _check_workload(kind: Kind, item: Json) -> None:
    spec = item["spec"]
    replicas = spec.get("replicas")
    if not isinstance(replicas, int) or isinstance(replicas, bool) or replicas < 0:
        raise invalid(kind.kind, name(item), "spec.replicas", "must be an integer greater than or equal to 0")
    selector = spec.get("selector")
    if not selector:
        raise invalid(kind.kind, name(item), "spec.selector", "Required value")
    if not admits(from_selector(selector), spec["template"]["metadata"].get("labels") or {}):
        why = "`selector` does not match template `labels`"
        raise invalid(kind.kind, name(item), "spec.template.metadata.labels", why)
    _check_pod(kind, item, spec["template"]["spec"], "spec.template.spec")


def _check_pod(kind: Kind, item: Json, spec: Json, field: str) -> None:
    containers = spec.get("containers") or []
    if not containers:
        raise invalid(kind.kind, name(item), f"{field}.containers", "Required value")
    for at, container in enumerate(containers):
        for needed in ("name", "image"):
            if not container.get(needed):
                raise invalid(kind.kind, name(item), f"{field}.containers[{at}].{needed}", "Required value")
        if any("httpGet" not in container[probe] for probe in _probes(container)):
            raise invalid(
                kind.kind, name(item), f"{field}.containers[{at}]", "the lab's node knows httpGet probes only"
            )
    if spec.get("initContainers"):
        raise invalid(kind.kind, name(item), f"{field}.initContainers", "the lab's node runs no init containers")


def _probes(container: Json) -> list[str]:
    return [probe for probe in ("readinessProbe", "livenessProbe", "startupProbe") if container.get(probe)]
