"""CONFIG.json of one region's twin: what the plant writes and the twin reads."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blackstart.lab.layout import CLIENT_VIEW, SYSTEM, Layout
from blackstart.outcome import UsageError

RESTART_BACKOFF_S = 10.0
"""The kubelet's first delay before it restarts a container that crashed again; doubles up to 300 s."""


@dataclass(frozen=True)
class Configuration:
    """One region's twin. Paths are absolute; durations are seconds.

    ``pod_port`` is what pods listen on: the same for all, as every pod has an address of its own; it is in their
    environment as ``PORT``. ``images`` maps an image's name to the argv that stands for its entry point; an image
    that is not there cannot be pulled. ``pod_env`` is put into every container, below what the manifest says.
    """

    region: str
    cluster: str
    listen: tuple[str, int]
    public_url: str
    certificate: Path
    key: Path
    state: Path
    manifests: Path
    logs: Path
    pod_addresses: tuple[str, ...]
    pod_port: int
    pod_start_s: float
    images: Mapping[str, tuple[str, ...]]
    pod_env: Mapping[str, str]
    admin_token: str
    sts_url: str
    resolver: tuple[str, int]
    restart_backoff_s: float = RESTART_BACKOFF_S

    @classmethod
    def load(cls, path: Path) -> "Configuration":
        """Read CONFIG.json.

        Raises:
            UsageError: the file is missing, is no JSON or lacks a field.

        """
        try:
            return cls.from_json(json.loads(path.read_text()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path}: not a Kubernetes twin's configuration ({error!r}): write it anew") from error

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Configuration":
        return cls(
            region=data["region"],
            cluster=data["cluster"],
            listen=(data["listen"][0], int(data["listen"][1])),
            public_url=data["public_url"],
            certificate=Path(data["tls"]["cert"]),
            key=Path(data["tls"]["key"]),
            state=Path(data["state"]),
            manifests=Path(data["manifests"]),
            logs=Path(data["logs"]),
            pod_addresses=tuple(data["pod_addresses"]),
            pod_port=int(data["pod_port"]),
            pod_start_s=float(data["pod_start_s"]),
            images={image: tuple(argv) for image, argv in data["images"].items()},
            pod_env=dict(data["pod_env"]),
            admin_token=data["admin_token"],
            sts_url=data["sts_url"],
            resolver=(data["resolver"][0], int(data["resolver"][1])),
            restart_backoff_s=float(data.get("restart_backoff_s", RESTART_BACKOFF_S)),
        )


def config(
    layout: Layout,
    region: str,
    *,
    state: Path,
    manifests: Path,
    logs: Path,
    tls: Mapping[str, Path],
    images: Mapping[str, Sequence[str]],
    pod_env: Mapping[str, str],
    admin_token: str,
    pod_start_s: float,
    restart_backoff_s: float = RESTART_BACKOFF_S,
) -> dict[str, Any]:
    """Return the content of CONFIG.json for that region of a lab, ready for ``json.dumps``.

    Args:
        layout: the lab's addresses.
        region: the region whose cluster this is.
        state: folder of ``objects.json``, which survives a restart.
        manifests: folder of the ``*.yaml`` that the first start applies.
        logs: folder of the pods' logs, one file a container start.
        tls: paths ``cert``, ``key`` and ``ca``, as ``certificates.write`` returns them.
        images: image name → argv of the process that stands for it.
        pod_env: environment of every container; the manifest's own entries win.
        admin_token: the bearer token that is always accepted.
        pod_start_s: from a pod's creation until its image is there and its containers start.
        restart_backoff_s: first delay before a container that crashed again is restarted.

    """
    port = layout.ports.kubernetes
    return {
        "region": region,
        "cluster": SYSTEM,
        "listen": [layout.kubernetes(region), port],
        "public_url": f"https://{layout.kubernetes_link(CLIENT_VIEW, region)}:{port}",
        "tls": {name: str(path) for name, path in tls.items()},
        "state": str(state),
        "manifests": str(manifests),
        "logs": str(logs),
        "pod_addresses": list(layout.pods(region)),
        "pod_port": layout.ports.http,
        "pod_start_s": pod_start_s,
        "images": {image: list(argv) for image, argv in images.items()},
        "pod_env": dict(pod_env),
        "admin_token": admin_token,
        "sts_url": layout.api_url,
        "resolver": [layout.resolver(layout.view(region)), layout.ports.dns],
        "restart_backoff_s": restart_backoff_s,
    }
