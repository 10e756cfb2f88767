"""Who is behind an ALB: the stand-in of the AWS Load Balancer Controller, which watches the cluster's pods.

A pod is a target while it is Ready and not being deleted. A cluster whose API does not answer changes nothing: the
ALB goes on with the targets that it knows.
"""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from blackstart.lab.edge.targets import Address
from blackstart.lab.layout import SYSTEM

_PODS = f"/api/v1/namespaces/{SYSTEM}/pods"
_SELECTOR = {"labelSelector": f"app={SYSTEM}"}
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 0.4
_CONNECT_S = 2.0
_LIST_S = 5.0
_WATCH_S = 4
_SILENCE_S = 6.0
"""The server ends a watch before this; one that is silent for longer hangs on an API that is going away."""
_LONGEST_LINE = 4 * 1024 * 1024


class WatchError(Exception):
    """The cluster's answer cannot be used; list anew."""


@dataclass(frozen=True)
class Cluster:
    """How to reach one region's Kubernetes API. ``ca``: the PEM file that its certificate is signed by."""

    url: str
    ca: Path
    token: str


_NOT_THERE = (aiohttp.ClientError, OSError, ValueError, KeyError, WatchError)
"""Refused, reset, timed out or nonsense: the API is not there for now."""


class Registration:
    """Follows the pods of one cluster and tells every change of the addresses that should be targets."""

    def __init__(self, cluster: Cluster, port: int, changed: Callable[[frozenset[Address]], None]) -> None:
        self._cluster = cluster
        self._port = port
        self._changed = changed
        self._pods: dict[str, Mapping[str, Any]] = {}
        self._version = ""
        self._anew = asyncio.Event()

    def again(self) -> None:
        """List anew now: the cluster has just been started again, and an old watch may hang unnoticed."""
        self._anew.set()

    async def run(self) -> None:
        """List and watch until cancelled, with a growing pause after failures."""
        trust = await asyncio.to_thread(ssl.create_default_context, cafile=str(self._cluster.ca))
        headers = {"Authorization": f"Bearer {self._cluster.token}"}
        connector = aiohttp.TCPConnector(ssl=trust)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_SILENCE_S)
        async with aiohttp.ClientSession(
            connector=connector, headers=headers, timeout=timeout, read_bufsize=_LONGEST_LINE
        ) as session:
            await self._repeat(session)

    async def _repeat(self, session: aiohttp.ClientSession) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            self._anew.clear()
            in_order = await self._until_anew(self._follow(session))
            if in_order or self._anew.is_set():
                pause_s = _FIRST_PAUSE_S
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._anew.wait(), pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _until_anew(self, following: Any) -> bool:
        """Return whether the watch ended in order; it is dropped when :meth:`again` is called."""
        follow, anew = asyncio.ensure_future(following), asyncio.ensure_future(self._anew.wait())
        try:
            await asyncio.wait({follow, anew}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            anew.cancel()
            follow.cancel()
        await asyncio.wait({follow})
        if follow.cancelled():
            return False
        error = follow.exception()
        if error is not None and not isinstance(error, _NOT_THERE):
            raise error
        return error is None

    async def _follow(self, session: aiohttp.ClientSession) -> None:
        await self._list(session)
        while True:  # the server ends each watch after its time; the next goes on from the last version
            async for event in self._watch(session):
                self._apply(event)
            await asyncio.sleep(_FIRST_PAUSE_S)

    async def _list(self, session: aiohttp.ClientSession) -> None:
        async with (
            asyncio.timeout(_LIST_S),
            session.get(self._cluster.url + _PODS, params=_SELECTOR, raise_for_status=True) as answer,
        ):
            listed = await answer.json(content_type=None)
        self._version = listed["metadata"]["resourceVersion"]
        self._pods = {pod["metadata"]["name"]: pod for pod in listed["items"]}
        self._tell()

    async def _watch(self, session: aiohttp.ClientSession) -> AsyncIterator[dict[str, Any]]:
        wanted = _SELECTOR | {"watch": "true", "resourceVersion": self._version, "timeoutSeconds": str(_WATCH_S)}
        async with session.get(self._cluster.url + _PODS, params=wanted, raise_for_status=True) as answer:
            async for line in answer.content:
                yield json.loads(line)

    def _apply(self, event: Mapping[str, Any]) -> None:
        if event["type"] == "ERROR":
            raise WatchError(event["object"])
        metadata = event["object"]["metadata"]
        self._version = metadata["resourceVersion"]
        if event["type"] == "DELETED":
            self._pods.pop(metadata["name"], None)
        elif event["type"] != "BOOKMARK":
            self._pods[metadata["name"]] = event["object"]
        self._tell()

    def _tell(self) -> None:
        ready = (pod["status"]["podIP"] for pod in self._pods.values() if serves(pod))
        self._changed(frozenset((str(address), self._port) for address in ready))


def serves(pod: Mapping[str, Any]) -> bool:
    """Return whether the pod has an address, is Ready and is not on its way out."""
    status = pod.get("status", {})
    conditions = {each["type"]: each["status"] for each in status.get("conditions", [])}
    leaving = pod["metadata"].get("deletionTimestamp") is not None
    return bool(status.get("podIP")) and conditions.get("Ready") == "True" and not leaving
