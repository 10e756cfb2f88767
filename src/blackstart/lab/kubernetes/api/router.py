"""Answers calls: who asks, what for, and what comes back."""

import logging
from collections.abc import Awaitable, Callable

from blackstart.clock import Clock
from blackstart.lab.kubernetes.api import discovery, logs, reading, watching, writing
from blackstart.lab.kubernetes.api.authentication import Authentication
from blackstart.lab.kubernetes.api.message import Answer, Reply, Request
from blackstart.lab.kubernetes.api.paths import Target, parse
from blackstart.lab.kubernetes.node.kubelet import Kubelet
from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.failure import (
    ApiError,
    bad_request,
    no_such_path,
    not_allowed,
    unavailable,
)
from blackstart.lab.kubernetes.objects.kinds import PODS

_log = logging.getLogger(__name__)


class Router:
    """The API of one cluster, apart from the server that carries it."""

    def __init__(
        self,
        changes: Changes,
        kubelet: Kubelet,
        authentication: Authentication,
        clock: Clock,
        kept: Callable[[], Awaitable[None]],
    ):
        """``kept`` returns once all changes so far will survive a kill: no change is answered before."""
        self._changes = changes
        self._kept = kept
        self._kubelet = kubelet
        self._authentication = authentication
        self._clock = clock

    async def answer(self, request: Request) -> Answer:
        """Answer any call; failures come back as Status objects."""
        try:
            if not discovery.is_public(request.path):
                await self._authentication.identify(request.headers.get("authorization", ""))
            if request.method in ("GET", "HEAD") and (found := discovery.answer(request.path)) is not None:
                return found
            return await self._answer_kept(parse(request.path), request)
        except ApiError as failure:
            return Reply(failure.status(), failure.code)
        except OSError as error:
            _log.exception("%s %s", request.method, request.path)
            trouble = unavailable(f"the change cannot be written: {error}")
            return Reply(trouble.status(), trouble.code)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # An object of the wrong shape: a real API server checks every field, this one trips over it.
            _log.exception("%s %s", request.method, request.path)
            refusal = bad_request(f"the object in the request is malformed: {error!r}")
            return Reply(refusal.status(), refusal.code)

    async def _answer_kept(self, target: Target, request: Request) -> Answer:
        answer = self._answer(target, request)
        if request.method not in ("GET", "HEAD"):
            await self._kept()
        return answer

    def _answer(self, target: Target, request: Request) -> Answer:
        now = self._clock.wall()
        match request.method:
            case "GET" | "HEAD":
                return self._read(target, request)
            case "POST":
                return writing.create(self._changes, target, request, now)
            case "PUT" if target.name:
                return writing.replace(self._changes, target, request, now)
            case "PATCH" if target.name:
                return writing.patch(self._changes, target, request, now)
            case "DELETE" if not target.subresource:
                return writing.delete(self._changes, target, request, now)
        raise not_allowed(f"the server does not allow {request.method} here")

    def _read(self, target: Target, request: Request) -> Answer:
        if target.subresource == "log":
            pod = self._changes.read(PODS, target.space, target.name)
            return logs.answer(self._kubelet, pod, request, self._clock.wall)
        if target.subresource not in ("", "status", "scale"):
            raise no_such_path()
        if request.asks("watch"):
            return watching.watch(self._changes.store, target, request, self._clock.wall)
        if target.name:
            return reading.get(self._changes, target, request, self._clock.wall())
        return reading.list_objects(self._changes, target, request, self._clock.wall())
