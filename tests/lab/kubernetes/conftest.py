"""Twins to test against: real processes, on loopback addresses of these tests' own."""

import itertools
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from blackstart.lab.kubernetes import certificates, configuration
from blackstart.lab.layout import Layout, Ports
from tests.lab.kubernetes import manifests

BLOCK = 101
TOKEN = "test-admin-token"
POD = [sys.executable, "-S", "-E", str(Path(__file__).with_name("pod.py"))]
KUBECTL = Path(sys.executable).with_name("kubectl")
SOURCE = Path(configuration.__file__).parents[3]
REGIONS = tuple(f"region-{number}" for number in range(1, 250))
_regions = itertools.cycle(REGIONS[os.getpid() % 200 :])


def until(condition, what, seconds=30.0):
    """Poll until the condition holds; return what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {what}")
        time.sleep(0.03)


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Twin:
    """One region's twin as a process, and kubectl aimed at it."""

    def __init__(self, folder, *, replicas=0, sts_url=None, **more):
        self.region = next(_regions)
        address = f"127.{BLOCK}.{REGIONS.index(self.region) + 1}.1"
        ports = Ports(1, 2, free_port(address), 4, 5, 6, 7, free_port(address))
        self.layout = Layout(BLOCK, ports, REGIONS)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        tls = certificates.write(folder / "tls", {self.region: [address, "localhost"]})[self.region]
        self.ca = tls["ca"]
        self.tls_context = ssl.create_default_context(cafile=str(self.ca))
        self.url = f"https://{address}:{ports.kubernetes}"
        values = {"PORT": str(ports.http), "DATABASE_PASSWORD": "s3cret", "DATABASE_USER": "shop"}
        manifests.write(folder / "manifests", region=self.region, replicas=replicas, environment=values)
        data = configuration.config(
            self.layout,
            self.region,
            state=folder / "state",
            manifests=folder / "manifests",
            logs=folder / "logs",
            tls=tls,
            images={"shop:1.0": POD, "shop:1.1": POD, "broken:1": [*POD, "broken"], "stubborn:1": [*POD, "stubborn"]},
            pod_env={"FROM_LAB": "yes"},
            admin_token=TOKEN,
            pod_start_s=more.pop("pod_start_s", 0.05),
            restart_backoff_s=0.2,
        )
        self.config = folder / "CONFIG.json"
        self.config.write_text(json.dumps(data | ({"sts_url": sts_url} if sts_url else {})))
        self.kubeconfig = self._kubeconfig({"token": TOKEN})
        self.process = None

    def _kubeconfig(self, user):
        path = self.folder / "kubeconfig"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": self.url, "certificate-authority": str(self.ca)}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
            "current-context": "x",
        }
        path.write_text(json.dumps(document))
        return path

    until = staticmethod(until)
    kubectl_path = KUBECTL
    source = SOURCE

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "blackstart.lab.kubernetes", str(self.config)],
            env=os.environ | {"PYTHONPATH": str(SOURCE)},
            stdout=subprocess.PIPE,
            stderr=(self.folder / "stderr").open("ab"),
            start_new_session=True,
        )
        line = self.process.stdout.readline()
        assert line == b"ready\n", (self.folder / "stderr").read_text()
        return self

    def kill(self):
        """SIGKILL the twin alone, not its pods."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
            self.process.stdout.close()

    def kubectl(self, *arguments, check=True, stdin=None):
        done = subprocess.run(
            [KUBECTL, *arguments],
            env=os.environ | self.kubectl_env(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if check:
            assert done.returncode == 0, done.stderr
            return done.stdout
        return done

    def kubectl_env(self):
        return {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.folder / "cache")}

    def get(self, *arguments):
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def apply(self, document):
        return self.kubectl("apply", "-f", "-", stdin=json.dumps(document))

    def call(self, method, path, body=None):
        """Make one plain API call (kubectl takes a fifth of a second, which polling has not)."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, context=self.tls_context, timeout=30) as answer:
            return json.load(answer)

    def pods(self, selector="", space="shop"):
        return self.call("GET", f"/api/v1/namespaces/{space}/pods?labelSelector={selector}")["items"]

    def ready_pods(self, selector="", space="shop"):
        return [pod for pod in self.pods(selector, space) if is_ready(pod)]

    def deployment(self, name, image="shop:1.0", replicas=1, **pod_spec):
        """Make a Deployment, and return once it is accepted."""
        port = self.layout.ports.http
        probe = {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 1, "failureThreshold": 1}
        container = {
            "name": "shop",
            "image": image,
            "ports": [{"name": "http", "containerPort": port}],
            "env": [
                {"name": "PORT", "value": str(port)},
                {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            ],
            "readinessProbe": probe,
        } | pod_spec.pop("container", {})
        labels = {"app": name}
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], **pod_spec}},
        }
        head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop"}}
        self.call("POST", "/apis/apps/v1/namespaces/shop/deployments", head | {"spec": spec})

    def ask(self, pod, path):
        """GET a path of a pod; return the JSON it answers, None where it does not answer."""
        address = f"http://{pod['status']['podIP']}:{self.layout.ports.http}{path}"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None


def is_ready(pod):
    conditions = pod.get("status", {}).get("conditions", [])
    terminating = "deletionTimestamp" in pod["metadata"]
    return not terminating and any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


@pytest.fixture(scope="package")
def twin(tmp_path_factory):
    """A running twin that all tests share: each brings its own Deployments."""
    running = Twin(tmp_path_factory.mktemp("twin")).start()
    yield running
    running.stop()


@pytest.fixture
def own_twin(tmp_path):
    """Start twins of the test's own."""
    made = []

    def make(**options):
        made.append(Twin(tmp_path / str(len(made)), **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture(scope="session")
def make_twin():
    """Make a twin that is not started; its maker stops it."""
    return Twin
