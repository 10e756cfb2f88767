"""The standby's deployment, scaled over its Kubernetes API with a token as ``aws eks get-token`` makes it."""

import base64
from pathlib import Path
from typing import Any

import requests
from botocore.signers import RequestSigner

from blackstart.lab.automation.clients import Clients
from blackstart.lab.layout import SYSTEM

TIMEOUT_S = (2, 6)
TOKEN_LIFE_S = 60


class Workload:
    """One region's deployment. Raises ``requests.RequestException`` when its API does not do what is asked."""

    def __init__(self, clients: Clients, region: str, folder: Path) -> None:
        self._clients, self._region = clients, region
        self._authority = folder / f"{region}.pem"
        self._endpoint = ""

    def scale(self, replicas: int) -> None:
        self._ask(
            "PATCH", f"/apis/apps/v1/namespaces/{SYSTEM}/deployments/{SYSTEM}/scale", {"spec": {"replicas": replicas}}
        )

    def ready(self) -> int:
        """Return how many pods are ready, as the deployment's status tells."""
        told = self._ask("GET", f"/apis/apps/v1/namespaces/{SYSTEM}/deployments/{SYSTEM}")
        return int(told.get("status", {}).get("readyReplicas") or 0)

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/merge-patch+json"}
        url = self._url() + path
        with requests.Session() as session:
            session.trust_env = False  # as the canary
            answer = session.request(
                method, url, json=body, headers=headers, timeout=TIMEOUT_S, verify=str(self._authority)
            )
            answer.raise_for_status()
            return dict(answer.json())

    def _url(self) -> str:
        if not self._endpoint:
            cluster = self._clients.of("eks", self._region).describe_cluster(name=SYSTEM)["cluster"]
            self._authority.write_bytes(base64.b64decode(cluster["certificateAuthority"]["data"]))
            self._endpoint = str(cluster["endpoint"])
        return self._endpoint

    def _token(self) -> str:
        sts = self._clients.of("sts", self._region)
        credentials = self._clients.session.get_credentials()
        signer = RequestSigner(
            sts.meta.service_model.service_id, self._region, "sts", "v4", credentials, sts.meta.events
        )
        request = {
            "method": "GET",
            "url": f"{sts.meta.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15",
            "body": {},
            "headers": {"x-k8s-aws-id": SYSTEM},
            "context": {},
        }
        url = signer.generate_presigned_url(
            request, region_name=self._region, expires_in=TOKEN_LIFE_S, operation_name=""
        )
        return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
