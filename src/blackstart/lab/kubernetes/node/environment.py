"""The environment of a container: what the node gives, then what the manifest says."""

import base64
import os
import re
from collections.abc import Callable
from typing import Any

from blackstart.lab.kubernetes.configuration import Configuration
from blackstart.lab.kubernetes.objects.kinds import CONFIG_MAPS, SECRETS
from blackstart.lab.kubernetes.objects.shape import Json, name, namespace
from blackstart.lab.kubernetes.objects.store import Store

INHERITED = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TZ")
"""What a process gets of the twin's own environment: what programs need to start at all."""

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")


class UnresolvedError(LookupError):
    """The manifest refers to something that is not there (yet)."""


class Environment:
    """Resolves environments of one cluster's containers."""

    def __init__(self, store: Store, configuration: Configuration):
        self._store = store
        self._configuration = configuration

    def resolve(self, pod: Json, container: Json) -> dict[str, str]:
        """Return the container's environment.

        Raises:
            UnresolvedError: a Secret, a ConfigMap or a key of one is missing.

        """
        host, port = self._configuration.resolver
        found = {key: os.environ[key] for key in INHERITED if key in os.environ}
        found |= {"HOSTNAME": name(pod), "RESOLVER": f"{host}:{port}", "PORT": str(self._configuration.pod_port)}
        found |= self._configuration.pod_env
        for source in container.get("envFrom") or []:
            found |= self._all_of(pod, source)
        for entry in container.get("env") or []:
            value = self._value(pod, entry, found)
            if value is not None:
                found[entry["name"]] = value
        return found

    def _value(self, pod: Json, entry: Json, found: dict[str, str]) -> str | None:
        if "valueFrom" not in entry:
            return expand(entry.get("value") or "", found)
        for field, read in self._sources().items():
            if field in entry["valueFrom"]:
                return read(pod, entry["valueFrom"][field])
        raise UnresolvedError(f"env {entry['name']}: the lab's node does not know {', '.join(entry['valueFrom'])}")

    def _sources(self) -> dict[str, Callable[[Json, Json], str | None]]:
        return {"fieldRef": _pod_field, "secretKeyRef": self._secret_key, "configMapKeyRef": self._config_key}

    def _secret_key(self, pod: Json, reference: Json) -> str | None:
        value = self._key(SECRETS, pod, reference)
        return None if value is None else base64.b64decode(value).decode()

    def _config_key(self, pod: Json, reference: Json) -> str | None:
        return self._key(CONFIG_MAPS, pod, reference)

    def _key(self, kind: Any, pod: Json, reference: Json) -> str | None:
        item = self._store.get(kind, namespace(pod), reference["name"])
        value = ((item or {}).get("data") or {}).get(reference["key"])
        if value is None and not reference.get("optional"):
            what = f"couldn't find key {reference['key']} in" if item else "not found:"
            raise UnresolvedError(f"{kind.singular} {what} {namespace(pod)}/{reference['name']}")
        return value

    def _all_of(self, pod: Json, source: Json) -> dict[str, str]:
        for field, kind in (("configMapRef", CONFIG_MAPS), ("secretRef", SECRETS)):
            if field not in source:
                continue
            item = self._store.get(kind, namespace(pod), source[field]["name"])
            if item is None and not source[field].get("optional"):
                raise UnresolvedError(f'{kind.singular} "{source[field]["name"]}" not found')
            data = (item or {}).get("data") or {}
            decoded = (
                {key: base64.b64decode(value).decode() for key, value in data.items()} if kind is SECRETS else data
            )
            return {source.get("prefix", "") + key: value for key, value in decoded.items()}
        return {}


def expand(text: str, values: dict[str, str]) -> str:
    """Return the text with each ``$(NAME)`` replaced by its value, where there is one; ``$$`` stands for ``$``."""

    def put(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else values.get(found[1], found[0])

    return _REFERENCE.sub(put, text)


def _pod_field(pod: Json, reference: Json) -> str:
    path = reference["fieldPath"]
    if found := re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path):
        return str((pod["metadata"].get(found[1]) or {}).get(found[2], ""))
    value: Any = pod
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return "" if value is None else str(value)
