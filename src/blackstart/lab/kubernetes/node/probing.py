"""Readiness, liveness and startup probes: HTTP GETs against the pod."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from blackstart.lab.kubernetes import http_client
from blackstart.lab.kubernetes.objects.shape import Json

FIRST_PAUSE_S = 0.05
"""Until a container is ready for the first time its probe may run off its period, to make it ready faster (as
the kubelet's may); the pause grows from here up to the period."""

GROWTH = 1.5


@dataclass(frozen=True)
class Probe:
    """One probe of one container, ready to be made. Durations are seconds."""

    host: str
    port: int
    path: str
    headers: tuple[tuple[str, str], ...]
    initial_delay_s: float
    period_s: float
    timeout_s: float
    successes: int
    failures: int

    @classmethod
    def of(cls, manifest: Json, container: Json, pod_ip: str) -> "Probe":
        get = manifest["httpGet"]
        return cls(
            host=get.get("host") or pod_ip,
            port=_port(get["port"], container),
            path=get.get("path", "/"),
            headers=(("User-Agent", "kube-probe/1.37"), *_headers(get)),
            initial_delay_s=manifest.get("initialDelaySeconds", 0),
            period_s=manifest["periodSeconds"],
            timeout_s=manifest["timeoutSeconds"],
            successes=manifest["successThreshold"],
            failures=manifest["failureThreshold"],
        )

    async def once(self) -> str:
        """Make the probe; return "" when it succeeded, else why it failed."""
        url = f"http://{self.host}:{self.port}{self.path}"
        try:
            status, _ = await http_client.get(url, dict(self.headers), self.timeout_s)
        except TimeoutError:
            return f"Get {url}: timeout after {self.timeout_s} s"
        except (OSError, ValueError) as error:
            return f"Get {url}: {error}"
        return "" if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"


def _port(port: int | str, container: Json) -> int:
    declared = {one.get("name"): one["containerPort"] for one in container.get("ports") or []}
    return int(declared.get(port, port))


async def keep_ready(probe: Probe, report: Callable[[bool, str], None]) -> None:
    """Probe for ever; report every change of readiness, and each failure after the start, as (ready, why)."""
    ready, streak, pause = False, 0, min(FIRST_PAUSE_S, probe.period_s)
    await asyncio.sleep(probe.initial_delay_s)
    while True:
        why = await probe.once()
        streak = 0 if (why == "") is ready else streak + 1
        if streak >= (probe.failures if ready else probe.successes):
            ready, streak, pause = not ready, 0, probe.period_s
            report(ready, why)
        elif why and pause >= probe.period_s:
            report(ready, why)
        await asyncio.sleep(pause)
        pause = min(probe.period_s, pause * GROWTH)


async def until_dead(probe: Probe, on_death: Callable[[str], Awaitable[None]]) -> None:
    """Probe until it failed as often in a row as the manifest allows, then say why."""
    streak = 0
    await asyncio.sleep(probe.initial_delay_s)
    while streak < probe.failures:
        await asyncio.sleep(probe.period_s)
        why = await probe.once()
        streak = streak + 1 if why else 0
    await on_death(why)


async def until_started(probe: Probe) -> bool:
    """Probe until it succeeds; False when it failed as often as the manifest allows."""
    await asyncio.sleep(probe.initial_delay_s)
    for _ in range(probe.failures):
        if not await probe.once():
            return True
        await asyncio.sleep(probe.period_s)
    return False


def _headers(get: Json) -> list[tuple[str, str]]:
    return [(one["name"], one["value"]) for one in get.get("httpHeaders") or []]
