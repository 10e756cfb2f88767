"""``configuration``: everything that a drill may change, normalised, so that two snapshots are equal exactly when
everything is as it was. No times, no identifiers, no order of arrival.
"""

from collections.abc import Mapping
from typing import Any

from blackstart.lab.names import Record


def configuration(
    *,
    edge: Mapping[str, Any],
    records: list[Record],
    replicas: Mapping[str, Mapping[str, int] | None],
    aurora: Mapping[str, Any],
    links: Mapping[str, Mapping[str, Any]],
    experiments: list[str],
    regions: Mapping[str, str],
    caches: Mapping[str, str],
    alarm_actions: Mapping[str, bool],
) -> dict[str, Any]:
    """Return the normalised snapshot. ``edge`` brings dials, weights and security groups by region."""
    return {
        "dials": {region: _plain(dial) for region, dial in sorted(edge["dials"].items())},
        "weights": {region: _plain(weight) for region, weight in sorted(edge["weights"].items())},
        "security_groups": {
            region: {"alb": sorted(group["alb"]), "pods_open": group["pods_open"]}
            for region, group in sorted(edge["security_groups"].items())
        },
        "records": {
            record["name"]: [record["type"], record["ttl"], sorted(record["values"])]
            for record in sorted(records, key=lambda record: (record["name"], record["type"]))
        },
        "replicas": {
            region: None if found is None else dict(sorted(found.items())) for region, found in sorted(replicas.items())
        },
        "database_roles": database_roles(aurora),
        "links": {
            name: {
                "state": link["state"],
                "delay_ms": _plain(link["delay_ms"]),
                "rate_kbps": _plain(link["rate_kbps"]),
            }
            for name, link in sorted(links.items())
        },
        "fis_experiments": sorted(experiments),
        "regions": dict(sorted(regions.items())),
        "caches": dict(sorted(caches.items())),
        "alarm_actions": dict(sorted(alarm_actions.items())),
    }


def database_roles(aurora: Mapping[str, Any]) -> dict[str, str]:
    """Return the role of each database instance: its cluster's, where the cluster has one writer among readers."""
    instances = [
        (instance["id"], member["role"], instance["role"])
        for member in aurora["members"]
        for instance in member["instances"]
    ]
    # In a cluster of the global database that only reads, no instance writes, whatever the cluster calls it.
    return {name: own if cluster == "writer" else "reader" for name, cluster, own in sorted(instances)}


def _plain(number: float | None) -> float | None:
    """Return 100 for 100.0: how a number was written is no difference."""
    return int(number) if number is not None and float(number).is_integer() else number
