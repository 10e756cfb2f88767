"""The lab from end to end, driven as a runbook drives it: by boto3, the Kubernetes API, HTTP and the topology only."""

import base64
import time
import uuid

import boto3
import pytest
import requests
import yaml
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.signers import RequestSigner
from kubernetes import client

pytestmark = [pytest.mark.proof, pytest.mark.lab]
PATIENCE_S = 60


def until(condition, seconds=PATIENCE_S):
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.05)
    return answer


class Operator:
    """Somebody who has the topology file and nothing else."""

    def __init__(self, path, monkeypatch):
        self.topology = yaml.safe_load(path.read_text())
        credentials = self.topology["aws"]["credentials"]
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", credentials["file"])
        self.session = boto3.Session(profile_name=credentials["profile"])
        self.primary, self.standby = self.topology["primary"], self.topology["standby"]

    def aws(self, service, region="us-east-1", timeout=5):
        config = Config(connect_timeout=timeout, read_timeout=timeout, retries={"total_max_attempts": 1})
        url = self.topology["aws"]["endpoint_url"]
        return self.session.client(service, region_name=region, endpoint_url=url, config=config)

    def token(self, region, cluster):
        """Make the token that ``aws eks get-token`` makes."""
        sts = self.aws("sts", region)
        signer = RequestSigner(
            sts.meta.service_model.service_id, region, "sts", "v4", self.session.get_credentials(), self.session.events
        )
        url = f"{self.topology['aws']['endpoint_url']}/?Action=GetCallerIdentity&Version=2011-06-15"
        asked = {"method": "GET", "url": url, "body": {}, "headers": {"x-k8s-aws-id": cluster}, "context": {}}
        signed = signer.generate_presigned_url(asked, region_name=region, expires_in=60, operation_name="")
        return "k8s-aws-v1." + base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")

    def scale(self, region, replicas, tmp_path):
        place = self.topology["regions"][region]["kubernetes"]
        cluster = self.aws("eks", region).describe_cluster(name=place["cluster"])["cluster"]
        ca = tmp_path / f"{region}.pem"
        ca.write_bytes(base64.b64decode(cluster["certificateAuthority"]["data"]))
        configuration = client.Configuration(host=cluster["endpoint"])
        configuration.ssl_ca_cert = str(ca)
        configuration.api_key = {"authorization": f"Bearer {self.token(region, place['cluster'])}"}
        with client.ApiClient(configuration) as api:
            apps = client.AppsV1Api(api)
            name, space = place["deployment"], place["namespace"]
            apps.patch_namespaced_deployment_scale(name, space, {"spec": {"replicas": replicas}})
            until(lambda: (apps.read_namespaced_deployment(name, space).status.ready_replicas or 0) == replicas)

    def point_writer_to(self, region):
        record = self.topology["database"]["writer"]["record"]
        cluster = self.topology["regions"][region]["database"]["cluster"]
        endpoint = self.aws("rds", region).describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0][
            "Endpoint"
        ]
        content = {
            "Name": record["name"], "Type": "CNAME", "TTL": record["ttl_s"], "ResourceRecords": [{"Value": endpoint}],
        }  # fmt: skip
        change = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": content}]}
        self.aws("route53").change_resource_record_sets(HostedZoneId=record["zone"], ChangeBatch=change)

    def dial(self, **percent):
        accelerator = self.aws("globalaccelerator", "us-west-2")
        listener = self.topology["accelerator"]["listener"]
        for group in accelerator.list_endpoint_groups(ListenerArn=listener)["EndpointGroups"]:
            wanted = percent[group["EndpointGroupRegion"].replace("-", "_")]
            accelerator.update_endpoint_group(
                EndpointGroupArn=group["EndpointGroupArn"], TrafficDialPercentage=float(wanted)
            )

    def global_cluster(self, region):
        name = self.topology["database"]["global_cluster"]
        found = self.aws("rds", region).describe_global_clusters(GlobalClusterIdentifier=name)
        return found["GlobalClusters"][0]

    def writer_is(self, region):
        found = self.global_cluster(self.standby)
        writers = [m["DBClusterArn"] for m in found["GlobalClusterMembers"] if m["IsWriter"]]
        return found["Status"] == "available" and [arn.split(":")[3] for arn in writers] == [region]

    def order(self):
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        body = {"run": "failover", "writer": 0, "seq": 1, "version": 1, "item": "lamp-01"}
        url = self.topology["accelerator"]["url"]
        return requests.post(f"{url}/orders", json=body, headers=headers, timeout=3)

    def served_by(self, region):
        try:
            answer = self.order()
        except requests.RequestException:
            return False
        return answer.status_code == 201 and answer.headers["X-Region"] == region


def test_a_region_is_lost_recovered_from_and_failed_back_to(lab, monkeypatch, tmp_path):
    operator = Operator(lab.topology_path, monkeypatch)
    primary, standby = operator.primary, operator.standby
    before = lab.status()["configuration"]
    until(lambda: operator.served_by(primary))

    loss = operator.topology["fault_injection"]["region-loss"]
    injection = operator.aws("fis", loss["region"], timeout=30)
    experiment = injection.start_experiment(experimentTemplateId=loss["template"])["experiment"]["id"]
    until(lambda: lab.status()["regions"][primary] == "off")
    assert lab.status()["configuration"]["fis_experiments"] == ["region-loss"]
    assert not operator.served_by(primary)
    with pytest.raises(ReadTimeoutError):
        operator.aws("eks", primary, timeout=1).describe_cluster(name="shop")

    arn = f"arn:aws:rds:{standby}:123456789012:cluster:{operator.topology['regions'][standby]['database']['cluster']}"
    name = operator.topology["database"]["global_cluster"]
    operator.aws("rds", standby).failover_global_cluster(
        GlobalClusterIdentifier=name, TargetDbClusterIdentifier=arn, AllowDataLoss=True
    )
    until(lambda: operator.writer_is(standby))
    operator.scale(standby, 2, tmp_path)
    operator.point_writer_to(standby)
    operator.dial(eu_west_1=0, eu_central_1=100)
    until(lambda: operator.served_by(standby))

    injection.stop_experiment(id=experiment)
    until(lambda: lab.status()["regions"][primary] == "on")
    until(lambda: {m["status"] for m in lab.status()["aurora"]["members"]} == {"available"})
    until(lambda: all(part["alive"] for part in lab.status()["parts"]))

    arn = arn.replace(standby, primary)
    until(lambda: operator.global_cluster(standby)["Status"] == "available")
    operator.aws("rds", standby).switchover_global_cluster(GlobalClusterIdentifier=name, TargetDbClusterIdentifier=arn)
    until(lambda: operator.writer_is(primary))
    operator.point_writer_to(primary)
    operator.dial(eu_west_1=100, eu_central_1=0)
    until(lambda: operator.served_by(primary))
    operator.scale(standby, 0, tmp_path)
    until(lambda: lab.status()["configuration"] == before)
