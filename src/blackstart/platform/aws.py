"""AWS clients, one a service and region, with explicit timeouts, retries and credentials by reference.

chaosaws keeps one process-wide session and waits 60 s for a dead endpoint; a drill calls two regions, one of
them dead, so it has clients of its own.
"""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader, create_loader
from botocore.session import Session as BotocoreSession

from blackstart.outcome import UsageError
from blackstart.topology import Credentials, Topology

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 8
ATTEMPTS = 2

AwsError = (BotoCoreError, ClientError)
"""What an AWS call may raise."""

GLOBAL_ACCELERATOR_REGION = "us-west-2"
ROUTE53_REGION = "us-east-1"


def client(topology: Topology, service: str, region: str, *, role_of: str | None = None) -> Any:
    """Return the boto3 client of a service in a region.

    ``role_of`` names the topology's region whose role is assumed (default: ``region`` itself, or the standby for
    regions that are only a control plane's home).
    """
    owner = role_of or (region if region in topology.regions else topology.standby)
    return _client(topology.aws.endpoint_url, topology.aws.credentials, service, region, topology.regions[owner].role)


@cache
def _client(
    endpoint_url: str | None, credentials: Credentials | None, service: str, region: str, role: str | None
) -> Any:
    session = _session(endpoint_url, credentials, role, region)
    return session.client(service, endpoint_url=endpoint_url, config=_config())


def _config() -> Config:
    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        user_agent_extra="blackstart",
    )


@cache
def _session(endpoint_url: str | None, credentials: Credentials | None, role: str | None, region: str) -> boto3.Session:
    base = _base_session(credentials, region)
    if role is None:
        return base
    assumed = _share_loader(BotocoreSession())
    assumed._credentials = _assumed_credentials(base, endpoint_url, role, region)  # botocore knows no other way
    return boto3.Session(botocore_session=assumed, region_name=region)


def _share_loader(core: BotocoreSession) -> BotocoreSession:
    """Let all sessions read a service's description once: that is most of what a client costs."""
    core.register_component("data_loader", _loader(core.get_config_variable("data_path")))
    return core


@cache
def _loader(data_path: str | None) -> Loader:
    return create_loader(data_path)


def _base_session(credentials: Credentials | None, region: str) -> boto3.Session:
    core = BotocoreSession(profile=credentials.profile if credentials else None)
    if credentials and credentials.file:
        if not credentials.file.exists():
            raise UsageError(f"credentials file {credentials.file} of the topology does not exist: give one that does")
        core.set_config_variable("credentials_file", str(credentials.file))
    try:
        return boto3.Session(botocore_session=_share_loader(core), region_name=region)
    except BotoCoreError as error:
        raise UsageError(f"aws.credentials of the topology cannot be used: {error}; mend the reference") from error


def _assumed_credentials(base: boto3.Session, endpoint_url: str | None, role: str, region: str) -> Any:
    """Return credentials of the role that renew themselves: a drill outlives an hour's token."""
    sts = base.client("sts", region_name=region, endpoint_url=endpoint_url, config=_config())

    def fetch() -> dict[str, str]:
        answer = sts.assume_role(RoleArn=role, RoleSessionName="blackstart")["Credentials"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    return RefreshableCredentials.create_from_metadata(metadata=fetch(), refresh_using=fetch, method="sts-assume-role")


def session(topology: Topology, region: str) -> boto3.Session:
    """Return the boto3 session of a region, for signing."""
    return _session(topology.aws.endpoint_url, topology.aws.credentials, topology.regions[region].role, region)


def explain(error: Exception) -> str:
    """Return an AWS error as one line: the code and the message, without boto's decoration."""
    if isinstance(error, ClientError):
        detail = error.response.get("Error", {})
        return f"{error.operation_name}: {detail.get('Code', 'error')}: {detail.get('Message', '')}".strip()
    return str(error).splitlines()[0]
