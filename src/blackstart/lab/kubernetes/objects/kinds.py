"""The kinds of objects that the twin serves, and where each stands in the API."""

from dataclasses import dataclass

from blackstart.lab.kubernetes.objects.failure import no_such_path

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Kind:
    """One resource of the API. ``key`` names it in the store."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    in_all: bool = False
    """Whether ``kubectl get all`` lists it."""

    @property
    def key(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        return self.kind.lower()


NAMESPACES = Kind("", "v1", "namespaces", "Namespace", False, ("ns",), ("status", "finalize"))
NODES = Kind("", "v1", "nodes", "Node", False, ("no",), ("status",))
PODS = Kind("", "v1", "pods", "Pod", True, ("po",), ("status", "log", "eviction"), True)
SERVICES = Kind("", "v1", "services", "Service", True, ("svc",), ("status",), True)
ENDPOINTS = Kind("", "v1", "endpoints", "Endpoints", True, ("ep",))
CONFIG_MAPS = Kind("", "v1", "configmaps", "ConfigMap", True, ("cm",))
SECRETS = Kind("", "v1", "secrets", "Secret")
EVENTS = Kind("", "v1", "events", "Event", True, ("ev",))
SERVICE_ACCOUNTS = Kind("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",))
DEPLOYMENTS = Kind("apps", "v1", "deployments", "Deployment", True, ("deploy",), ("status", "scale"), True)
REPLICA_SETS = Kind("apps", "v1", "replicasets", "ReplicaSet", True, ("rs",), ("status", "scale"), True)
ENDPOINT_SLICES = Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice")
AUTOSCALERS = Kind(
    "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", True, ("hpa",), ("status",), True
)
DISRUPTION_BUDGETS = Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, ("pdb",), ("status",))

ALL = (
    NAMESPACES,
    NODES,
    PODS,
    SERVICES,
    ENDPOINTS,
    CONFIG_MAPS,
    SECRETS,
    EVENTS,
    SERVICE_ACCOUNTS,
    DEPLOYMENTS,
    REPLICA_SETS,
    ENDPOINT_SLICES,
    AUTOSCALERS,
    DISRUPTION_BUDGETS,
)
BY_PATH = {(kind.group, kind.version, kind.plural): kind for kind in ALL}
BY_KEY = {kind.key: kind for kind in ALL}
_BY_TYPE = {(kind.api_version, kind.kind): kind for kind in ALL}


def at_path(group: str, version: str, plural: str) -> Kind:
    """Return the kind served at that place.

    Raises:
        ApiError: 404, nothing is served there.

    """
    try:
        return BY_PATH[group, version, plural]
    except KeyError:
        raise no_such_path() from None


def of_type(api_version: str, kind: str) -> Kind | None:
    """Return the kind that a manifest's ``apiVersion`` and ``kind`` name, or None."""
    return _BY_TYPE.get((api_version, kind))
