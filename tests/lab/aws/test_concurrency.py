"""Many callers at once: every call is answered, and the plant ends with what the API says."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

REGION = "eu-central-1"
CALLERS, ROUNDS = 6, 8


def test_calls_of_all_services_at_once(api: Any) -> None:
    group = api.resources["regions"][REGION]["alb_security_group"]
    listener = api.resources["listener_arn"]
    clients = {
        name: api.client(name, "us-west-2" if name == "globalaccelerator" else REGION)
        for name in ("ec2", "rds", "elbv2", "globalaccelerator", "route53", "sts", "fis")
    }

    def caller(number: int) -> None:
        port = api.layout.ports.http
        cidr = [{"CidrIp": f"10.{number}.0.0/16"}]
        rule = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": cidr}]
        for _ in range(ROUNDS):
            clients["ec2"].authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
            assert len(clients["rds"].describe_global_clusters()["GlobalClusters"]) == 1
            clients["elbv2"].describe_load_balancers()
            clients["globalaccelerator"].list_endpoint_groups(ListenerArn=listener)
            clients["sts"].get_caller_identity()
            clients["fis"].list_experiments()
            clients["ec2"].revoke_security_group_ingress(GroupId=group, IpPermissions=rule)
        clients["ec2"].authorize_security_group_ingress(GroupId=group, IpPermissions=rule)

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(caller, range(1, CALLERS + 1)))
    expected = sorted(["0.0.0.0/0", *(f"10.{number}.0.0/16" for number in range(1, CALLERS + 1))])
    assert api.plant.sent(f"/edge/ingress/{REGION}")[-1] == {"allowed": expected}
    for number in range(1, CALLERS + 1):
        port = api.layout.ports.http
        rule = [
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": f"10.{number}.0.0/16"}]}
        ]
        clients["ec2"].revoke_security_group_ingress(GroupId=group, IpPermissions=rule)
    assert api.plant.sent(f"/edge/ingress/{REGION}")[-1] == {"allowed": ["0.0.0.0/0"]}
