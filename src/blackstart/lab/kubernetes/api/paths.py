"""What a URL's path names."""

from dataclasses import dataclass

from blackstart.lab.kubernetes.objects.failure import no_such_path
from blackstart.lab.kubernetes.objects.kinds import Kind, at_path

_OF_NAMESPACE_ITSELF = ("status", "finalize")


@dataclass(frozen=True)
class Target:
    """A collection (``name`` ""), an object, or a subresource of one. ``space`` "" is all namespaces."""

    kind: Kind
    space: str = ""
    name: str = ""
    subresource: str = ""


def parse(path: str) -> Target:
    """Return what ``/api/v1/…`` or ``/apis/<group>/<version>/…`` names.

    Raises:
        ApiError: 404, nothing is served there.

    """
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"] and len(parts) > 2:
        return _resource("", parts[1], parts[2:])
    if parts[:1] == ["apis"] and len(parts) > 3:
        return _resource(parts[1], parts[2], parts[3:])
    raise no_such_path()


def _resource(group: str, version: str, parts: list[str]) -> Target:
    space = ""
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in _OF_NAMESPACE_ITSELF:
        space, parts = parts[1], parts[2:]
    kind = at_path(group, version, parts[0])
    name, subresource = [*parts[1:3], "", ""][:2]
    if len(parts) > 3 or (subresource and subresource not in kind.subresources):
        raise no_such_path()
    return Target(kind, space, name, subresource)
