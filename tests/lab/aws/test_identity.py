"""STS and EKS: who calls, and the token that the AWS CLI would make."""

import base64
import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blackstart.lab.aws.seed_global import ROLE

CLUSTER = "shop"


def presigned(api: Any, region: str = "eu-central-1") -> str:
    """Return the URL that ``aws eks get-token`` encodes into a token."""
    sts = api.client("sts", region)

    def sign(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["cluster"] = params.pop("ClusterName")

    def add(request: Any, **_: Any) -> None:
        request.headers["x-k8s-aws-id"] = request.context["cluster"]

    sts.meta.events.register("provide-client-params.sts.GetCallerIdentity", sign)
    sts.meta.events.register("before-sign.sts.GetCallerIdentity", add)
    url = sts.generate_presigned_url(
        "get_caller_identity", Params={"ClusterName": CLUSTER}, ExpiresIn=60, HttpMethod="GET"
    )
    return str(url)


def fetch(url: str, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers={"x-k8s-aws-id": CLUSTER} | headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_token_is_answered_in_json_for_kubernetes(api: Any) -> None:
    url = presigned(api)
    assert "X-Amz-Credential" in url
    assert "x-k8s-aws-id" in url
    status, body = fetch(url, Accept="application/json")
    assert status == 200
    answer = json.loads(body)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
    assert answer["Account"] == "123456789012"
    assert answer["Arn"] == "arn:aws:iam::123456789012:user/operator"


def test_a_token_is_answered_in_xml_too(api: Any) -> None:
    status, body = fetch(presigned(api))
    assert status == 200
    assert b"<Account>123456789012</Account>" in body


def test_a_token_of_a_dead_region_is_answered(api: Any) -> None:
    api.power("eu-central-1", "off")
    assert fetch(presigned(api))[0] == 200


def test_an_old_token_is_refused(api: Any) -> None:
    url = presigned(api)
    head, _, tail = url.partition("X-Amz-Date=")
    status, body = fetch(head + "X-Amz-Date=20200101T000000Z" + tail[16:])
    assert status >= 400
    assert b"Signature expired" in body


def test_an_assumed_role_is_who_calls(api: Any) -> None:
    import boto3

    role = "arn:aws:iam::123456789012:role/blackstart-drill"
    keys = api.client("sts").assume_role(RoleArn=role, RoleSessionName="drill")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "eu-west-1")
    identity = session.client("sts", endpoint_url=api.layout.api_url).get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/blackstart-drill/drill"
    assert api.client("iam").get_role(RoleName="blackstart-drill")["Role"]["Arn"] == role


@pytest.mark.parametrize("region", ["eu-west-1", "eu-central-1"])
def test_the_cluster_is_the_regions_own(api: Any, region: str) -> None:
    cluster = api.client("eks", region).describe_cluster(name=CLUSTER)["cluster"]
    assert cluster["status"] == "ACTIVE"
    assert cluster["endpoint"] == api.configuration()["kubernetes"][region]["url"]
    assert base64.b64decode(cluster["certificateAuthority"]["data"]) == (api.folder / "ca.pem").read_bytes()
    assert api.client("eks", region).list_clusters()["clusters"] == [CLUSTER]


def test_an_unknown_cluster(api: Any) -> None:
    eks = api.client("eks")
    with pytest.raises(eks.exceptions.ResourceNotFoundException):
        eks.describe_cluster(name="none")


def test_a_role_that_is_not_there_is_not_assumed(api: Any) -> None:
    sts = api.client("sts", "eu-central-1")
    there = sts.assume_role(RoleArn=f"arn:aws:iam::123456789012:role/{ROLE}", RoleSessionName="drill")
    assert there["Credentials"]["AccessKeyId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/nobody", RoleSessionName="drill")
