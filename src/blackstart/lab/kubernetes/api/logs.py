"""Answers calls for a pod's log."""

from collections.abc import Callable
from datetime import datetime, timedelta

from blackstart.lab.kubernetes.api.message import Request, Stream
from blackstart.lab.kubernetes.node.kubelet import Kubelet
from blackstart.lab.kubernetes.node.logs import Wanted, read
from blackstart.lab.kubernetes.objects.failure import bad_request
from blackstart.lab.kubernetes.objects.shape import Json, moment_of


def answer(kubelet: Kubelet, pod: Json, request: Request, now: Callable[[], datetime]) -> Stream:
    """Return the log that the request asks for.

    Raises:
        ApiError: 400 it has none yet, or a parameter cannot be read.

    """
    log = kubelet.log(pod, request.query.get("container") or None, previous=request.asks("previous"))
    try:
        wanted = _wanted(request, now())
    except ValueError as error:
        raise bad_request(f"log options: {error}") from error
    return Stream(read(log, wanted, now), content_type="text/plain")


def _wanted(request: Request, now: datetime) -> Wanted:
    query = request.query
    since = moment_of(query["sinceTime"]) if "sinceTime" in query else None
    if "sinceSeconds" in query:
        since = now - timedelta(seconds=int(query["sinceSeconds"]))
    return Wanted(
        follow=request.asks("follow"),
        timestamps=request.asks("timestamps"),
        tail=int(query["tailLines"]) if "tailLines" in query else None,
        since=since,
        limit_bytes=int(query["limitBytes"]) if "limitBytes" in query else None,
    )
