"""A region without power: its APIs are silent, the others answer."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

DEAD, ALIVE = "eu-west-1", "eu-central-1"


@pytest.mark.parametrize("power", ["off", "hung"])
@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("rds", "describe_global_clusters"),
        ("eks", "list_clusters"),
        ("elbv2", "describe_load_balancers"),
        ("ec2", "describe_vpcs"),
        ("elasticache", "describe_cache_clusters"),
    ],
)
def test_its_regional_apis_time_out(api: Any, service: str, operation: str, power: str) -> None:
    api.power(DEAD, power)
    with pytest.raises(ReadTimeoutError):
        getattr(api.client(service, DEAD, read_timeout=0.3), operation)()
    getattr(api.client(service, ALIVE), operation)()


@pytest.mark.parametrize(
    ("service", "region", "operation"),
    [
        ("sts", DEAD, "get_caller_identity"),
        ("iam", DEAD, "list_roles"),
        ("route53", DEAD, "list_hosted_zones"),
        ("globalaccelerator", "us-west-2", "list_accelerators"),
        ("fis", DEAD, "list_experiments"),
        ("secretsmanager", DEAD, "list_secrets"),
        ("resourcegroupstaggingapi", DEAD, "get_resources"),
    ],
)
def test_the_others_answer(api: Any, service: str, region: str, operation: str) -> None:
    api.power(DEAD, "off")
    getattr(api.client(service, region), operation)()


def test_a_failover_is_called_in_the_region_that_lives(api: Any) -> None:
    api.power(DEAD, "off")
    target = f"arn:aws:rds:{ALIVE}:123456789012:cluster:{api.layout.cluster_name(ALIVE)}"
    api.client("rds", ALIVE).failover_global_cluster(
        GlobalClusterIdentifier="shop", TargetDbClusterIdentifier=target, AllowDataLoss=True
    )
    assert api.plant.sent("/aurora/failover")[0]["target_region"] == ALIVE


def test_a_call_ends_without_an_answer_when_the_region_is_back(api: Any, eventually: Callable[..., Any]) -> None:
    api.power(DEAD, "off")
    asked = api.client("rds", DEAD)
    threads = psutil.Process(api.process.pid).num_threads()
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(asked.describe_global_clusters)
        eventually(lambda: psutil.Process(api.process.pid).num_threads() > threads)
        # A thread that has just begun may not have read its call yet.
        with pytest.raises(TimeoutError):
            hanging.result(timeout=1)
        api.power(DEAD, "on")
        with pytest.raises(ConnectionClosedError):
            hanging.result(timeout=20)
    api.client("rds", DEAD).describe_global_clusters()


def test_a_caller_that_hangs_up_leaves_no_thread(api: Any, eventually: Callable[..., Any]) -> None:
    process = psutil.Process(api.process.pid)
    before = process.num_threads()
    api.power(DEAD, "off")
    callers = [socket.create_connection((api.layout.api, api.layout.ports.api)) for _ in range(20)]
    scope = f"AKIAIOSFODNN7EXAMPLE/20261122/{DEAD}/ec2/aws4_request"
    head = f"Host: lab\r\nContent-Length: 0\r\nAuthorization: AWS4-HMAC-SHA256 Credential={scope}, Signature=0\r\n\r\n"
    for caller in callers:
        caller.sendall(f"POST / HTTP/1.1\r\n{head}".encode())
    eventually(lambda: process.num_threads() >= before + len(callers))
    began = time.monotonic()
    api.client("sts", ALIVE).get_caller_identity()
    assert time.monotonic() - began < 5
    for caller in callers:
        caller.close()
    eventually(lambda: process.num_threads() <= before)
