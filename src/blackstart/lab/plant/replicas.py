"""How many replicas each deployment of a region wants, as its Kubernetes API tells."""

import ssl
from typing import Any

import aiohttp

from blackstart.lab.plant.twins import Twins

_ANSWER_TIMEOUT_S = 2.0


async def replicas(twins: Twins, region: str) -> dict[str, int] | None:
    """Return ``namespace/name`` → count; None where the API does not answer."""
    url = f"{twins.url(region)}/apis/apps/v1/deployments"
    trust = ssl.create_default_context(cafile=str(twins.authority))
    timeout = aiohttp.ClientTimeout(total=_ANSWER_TIMEOUT_S)
    headers = {"Authorization": f"Bearer {twins.token}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(url, ssl=trust) as answer,
        ):
            return _wanted(await answer.json())
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError):
        return None


def _wanted(deployments: dict[str, Any]) -> dict[str, int]:
    return {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}": int(each["spec"]["replicas"])
        for each in deployments["items"]
    }
