"""Fargate's nodes: each pod has one of its own, which comes and goes with it."""

from blackstart.lab.kubernetes.objects.shape import Json

VERSION = "v1.37.0"


def node_name(ip: str, region: str) -> str:
    """Return the name of the node of the pod with that address."""
    return f"fargate-ip-{ip.replace('.', '-')}.{region}.compute.internal"


def node(ip: str, region: str, now: str) -> Json:
    """Return the node of the pod with that address."""
    own_name = node_name(ip, region)
    labels = {
        "eks.amazonaws.com/compute-type": "fargate",
        "kubernetes.io/hostname": own_name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": f"{region}a",
    }
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": own_name, "uid": f"node-{own_name}", "creationTimestamp": now, "labels": labels},
        "spec": {"providerID": f"aws:///{region}a/{own_name}"},
        "status": {
            "conditions": [ready | {"lastHeartbeatTime": now, "lastTransitionTime": now}],
            "addresses": [{"type": "InternalIP", "address": ip}, {"type": "Hostname", "address": own_name}],
            "capacity": {"cpu": "1", "memory": "1Gi", "pods": "1"},
            "allocatable": {"cpu": "1", "memory": "1Gi", "pods": "1"},
            "nodeInfo": {"kubeletVersion": VERSION, "osImage": "Linux", "operatingSystem": "linux"},
        },
    }
