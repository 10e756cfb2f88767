"""Tokens as ``aws eks get-token`` makes them, against a small STS."""

import base64
import json
import ssl
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.signers import RequestSigner

GOOD = "AKIAGOOD"
GOOD_IN_JSON = "AKIAGOODJSON"
ARN = "arn:aws:sts::123456789012:assumed-role/blackstart-drill/test"


class Sts(ThreadingHTTPServer):
    """Answers GetCallerIdentity for the good access key, and keeps what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), StsHandler)
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class StsHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        self.server.asked.append((query, dict(self.headers)))
        known = query["X-Amz-Credential"][0].startswith(GOOD)
        good = f"<GetCallerIdentityResult><Arn>{ARN}</Arn></GetCallerIdentityResult>"
        if query["X-Amz-Credential"][0].startswith(GOOD_IN_JSON):
            good = json.dumps({"GetCallerIdentityResponse": {"GetCallerIdentityResult": {"Arn": ARN}}})
        body = good if known else "<Error/>"
        self.send_response(200 if known else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def sts():
    server = Sts()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def guarded(make_twin, tmp_path_factory, sts):
    twin = make_twin(tmp_path_factory.mktemp("guarded"), sts_url=sts.url).start()
    yield twin
    twin.stop()


def token(url, key=GOOD, cluster="shop", action="GetCallerIdentity", signed_header="x-k8s-aws-id"):
    """Return a token as the AWS CLI makes it."""
    session = botocore.session.get_session()
    service = session.get_service_model("sts").service_id
    signer = RequestSigner(
        service, "eu-west-1", "sts", "v4", Credentials(key, "secret"), session.get_component("event_emitter")
    )
    request = {
        "method": "GET",
        "url": f"{url}/?Action={action}&Version=2011-06-15",
        "body": {},
        "headers": {signed_header: cluster},
        "context": {},
    }
    presigned = signer.generate_presigned_url(request, region_name="eu-west-1", expires_in=60, operation_name="")
    return encode(presigned)


def encode(presigned):
    return "k8s-aws-v1." + base64.urlsafe_b64encode(presigned.encode()).decode().rstrip("=")


def decode(made):
    encoded = made.removeprefix("k8s-aws-v1.")
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def call(twin, bearer=None, path="/api/v1/namespaces"):
    """GET a path; return the status code and the body."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    context = ssl.create_default_context(cafile=str(twin.ca))
    try:
        with urllib.request.urlopen(urllib.request.Request(twin.url + path, headers=headers), context=context) as reply:
            return reply.status, reply.read()
    except HTTPError as error:
        return error.code, error.read()


def test_good_token_is_checked_with_sts_once_and_then_believed(guarded, sts):
    sts.asked.clear()
    made = token(sts.url)
    assert call(guarded, made)[0] == 200
    assert call(guarded, made)[0] == 200
    [(query, headers)] = sts.asked
    assert query["Action"] == ["GetCallerIdentity"]
    assert headers["x-k8s-aws-id"] == "shop"
    assert headers["Host"] == urlsplit(sts.url).netloc


def test_token_signed_for_awss_own_host(guarded, sts):
    sts.asked.clear()
    assert call(guarded, token("https://sts.eu-west-1.amazonaws.com"))[0] == 200
    [(_, headers)] = sts.asked
    assert headers["Host"] == "sts.eu-west-1.amazonaws.com"


def test_sts_may_answer_in_json(guarded, sts):
    assert call(guarded, token(sts.url, key=GOOD_IN_JSON))[0] == 200


def test_stranger_is_refused_by_sts(guarded, sts):
    assert call(guarded, token(sts.url, key="AKIAOTHER"))[0] == 401


def aged(made, **age):
    then = (datetime.now(UTC) - timedelta(**age)).strftime("%Y%m%dT%H%M%SZ")
    presigned = decode(made)
    [date] = parse_qs(urlsplit(presigned).query)["X-Amz-Date"]
    return encode(presigned.replace(f"X-Amz-Date={date}", f"X-Amz-Date={then}"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda url: aged(token(url), minutes=16),
        lambda url: aged(token(url), minutes=-10),
        lambda _: token("https://example.com"),
        lambda _: token("http://sts.eu-west-1.amazonaws.com"),
        lambda _: token("https://sts.eu-west-1.amazonaws.com.example.com"),
        lambda url: token(url, action="AssumeRole"),
        lambda url: token(url, signed_header="x-other"),
        lambda url: encode(decode(token(url)).replace("/?", "/other?")),
        lambda url: encode(decode(token(url)) + "&Extra=1"),
        lambda url: encode(decode(token(url)) + "&Action=AssumeRole"),
        lambda url: encode(decode(token(url)).replace("X-Amz-Expires=60", "X-Amz-Expires=86400")),
        lambda _: "k8s-aws-v1.%%%",
        lambda _: "k8s-aws-v1.",
        lambda _: "some-token",
        lambda _: None,
    ],
)
def test_what_eks_would_not_take_is_refused_without_asking_sts(guarded, sts, spoil):
    bearer = spoil(sts.url)
    sts.asked.clear()
    code, body = call(guarded, bearer)
    assert code == 401
    assert json.loads(body)["reason"] == "Unauthorized"
    assert sts.asked == []


@pytest.mark.parametrize("path", ["/version", "/version/", "/healthz", "/readyz", "/livez"])
def test_anonymous_may_ask_for_version_and_health(guarded, path):
    assert call(guarded, path=path)[0] == 200


def test_sts_down_is_a_refusal(own_twin):
    twin = own_twin(sts_url="http://127.0.0.1:9").start()
    assert call(twin, token("http://127.0.0.1:9"))[0] == 401
    assert call(twin, "test-admin-token")[0] == 200
