"""The AWS clients of the automation, one a service and region."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=8,
    retries={"total_max_attempts": 2, "mode": "standard"},
    proxies={},  # none, also where the environment names some
)
_KEY = "failover"


class Clients:
    """Clients that call the lab's AWS API as the failover function's role would."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.session = boto3.Session(aws_access_key_id=_KEY, aws_secret_access_key=_KEY)

    @cache  # noqa: B019 - one object a process
    def of(self, service: str, region: str) -> Any:
        return self.session.client(service, region_name=region, endpoint_url=self._url, config=_CONFIG)
