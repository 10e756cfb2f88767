"""Discovery: which groups, versions and kinds are served, and the OpenAPI stubs that kubectl asks for."""

from blackstart.lab.kubernetes.api.message import Reply
from blackstart.lab.kubernetes.objects.kinds import ALL, VERBS, Kind
from blackstart.lab.kubernetes.objects.shape import Json

VERSION = {
    "major": "1",
    "minor": "37",
    "gitVersion": "v1.37.0-blackstart",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "linux/amd64",
}
_GROUPS = tuple(dict.fromkeys((kind.group, kind.version) for kind in ALL if kind.group))
_HEALTH = ("healthz", "readyz", "livez")
_SUBRESOURCE_KINDS = {
    "scale": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
    "eviction": {"group": "policy", "version": "v1", "kind": "Eviction"},
}


def answer(path: str) -> Reply | None:
    """Return the answer to a discovery call, or None where the path is none."""
    parts = [part for part in path.split("/") if part]
    match parts:
        case ["version"]:
            return Reply(VERSION)
        case [health, *_] if health in _HEALTH:
            return Reply(b"ok", content_type="text/plain")
        case []:
            return Reply({"paths": ["/api", "/apis", "/healthz", "/openapi/v3", "/version"]})
        case ["api"]:
            return Reply({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
        case ["api", "v1"]:
            return Reply(_resources("", "v1"))
        case ["apis", *rest]:
            return _apis(rest)
        case ["openapi", "v3", *rest]:
            return _openapi(rest)
    return None


def is_public(path: str) -> bool:
    """Say whether the path is open to everybody."""
    return path.strip("/").split("/")[0] in ("version", *_HEALTH)


def _apis(rest: list[str]) -> Reply | None:
    match rest:
        case []:
            groups = [_group(group, version) for group, version in _GROUPS]
            return Reply({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        case [group]:
            found = next((version for name, version in _GROUPS if name == group), None)
            return Reply({"kind": "APIGroup", "apiVersion": "v1", **_group(group, found)}) if found else None
        case [group, version] if (group, version) in _GROUPS:
            return Reply(_resources(group, version))
    return None


def _group(group: str, version: str) -> Json:
    served = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [served], "preferredVersion": served}


def _resources(group: str, version: str) -> Json:
    entries = []
    for kind in ALL:
        if (kind.group, kind.version) == (group, version):
            entries += [_entry(kind), *(_subresource(kind, name) for name in kind.subresources)]
    group_version = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": entries}


def _entry(kind: Kind) -> Json:
    entry = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(VERBS),
        "shortNames": list(kind.short),
    }
    return entry | ({"categories": ["all"]} if kind.in_all else {})


def _subresource(kind: Kind, name: str) -> Json:
    verbs = {"log": ["get"], "eviction": ["create"], "finalize": ["update"]}.get(name, ["get", "patch", "update"])
    entry = {"name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced, "verbs": verbs}
    return entry | {"kind": kind.kind} | _SUBRESOURCE_KINDS.get(name, {})


def _openapi(rest: list[str]) -> Reply | None:
    served = {"api/v1": ("", "v1")} | {f"apis/{group}/{version}": (group, version) for group, version in _GROUPS}
    if not rest:
        paths = {place: {"serverRelativeURL": f"/openapi/v3/{place}?hash=1"} for place in served}
        return Reply({"paths": paths})
    found = served.get("/".join(rest))
    return Reply(_document(*found)) if found else None


def _document(group: str, version: str) -> Json:
    # No schemas: kubectl only looks whether a write takes `fieldValidation`, and then leaves validation to us.
    paths: Json = {}
    for kind in ALL:
        if (kind.group, kind.version) == (group, version):
            root = f"/apis/{group}/{version}" if group else f"/api/{version}"
            place = f"{root}/namespaces/{{namespace}}/{kind.plural}" if kind.namespaced else f"{root}/{kind.plural}"
            paths[place] = {"post": _operation(kind, "post")}
            paths[place + "/{name}"] = {verb: _operation(kind, verb) for verb in ("get", "put", "patch", "delete")}
    info = {"title": "Kubernetes", "version": VERSION["gitVersion"]}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}


def _operation(kind: Kind, verb: str) -> Json:
    names = ("dryRun", "fieldManager", "fieldValidation")
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
    identity = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    return {
        "parameters": parameters if verb != "get" else [],
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-group-version-kind": identity,
    }
