"""A topology as plain data, for tests that need one and no system behind it."""

import copy
from typing import Any

_REGION = {
    "account": "123456789012",
    "alb": {"arn": "arn:alb", "target_group": "arn:tg", "security_group": "sg-1", "url": "http://127.0.0.1:1"},
    "kubernetes": {
        "cluster": "shop",
        "namespace": "shop",
        "deployment": "shop",
        "replicas": 2,
        "selector": "app=shop",
    },
    "database": {"cluster": "shop-primary"},
    "cache": {"endpoint": "127.0.0.1:3"},
}
_TOPOLOGY = {
    "version": 1,
    "name": "shop",
    "kind": "lab",
    "timing": "fast",
    "primary": "eu-west-1",
    "standby": "eu-central-1",
    "accelerator": {"arn": "arn:ga", "listener": "arn:ga/listener/1", "url": "http://127.0.0.1:2"},
    "regions": {"eu-west-1": _REGION, "eu-central-1": _REGION},
    "database": {
        "engine": "postgresql",
        "global_cluster": "shop",
        "name": "shop",
        "port": 5432,
        "credentials": {"secret": "shop/database"},
        "writer": {"record": {"zone": "Z1", "name": "writer.shop.internal", "ttl_s": 2}},
    },
    "orders": {
        "write": {"method": "POST", "path": "/orders", "body": "{}", "acknowledged": [201]},
        "read": {"path": "/catalogue", "cache": {"header": "X-Cache", "hit": "hit"}},
        "read_back": {"sql": "SELECT writer, seq FROM orders WHERE run = %(run)s"},
        "served_by_header": "X-Region",
    },
    "fault_injection": {
        "region-loss": {"region": "eu-central-1", "template": "EXT1"},
        "cache-loss": {"region": "eu-west-1", "template": "EXT2"},
    },
}


def topology_data() -> dict[str, Any]:
    """Return a fresh copy, to change at will."""
    return copy.deepcopy(_TOPOLOGY)
