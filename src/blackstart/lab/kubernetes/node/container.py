"""One container: its image, its process, its probes, and its restarts."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from blackstart.lab.kubernetes.configuration import Configuration
from blackstart.lab.kubernetes.node import probing, process
from blackstart.lab.kubernetes.node.environment import Environment, UnresolvedError, expand
from blackstart.lab.kubernetes.node.logs import Log
from blackstart.lab.kubernetes.node.state import ContainerState
from blackstart.lab.kubernetes.objects.recorder import Recorder
from blackstart.lab.kubernetes.objects.shape import Json, name, namespace, uid

MAX_BACKOFF_S = 300.0
STEADY_S = 600.0
"""A container that ran this long starts again at the first back-off when it crashes."""


@dataclass(frozen=True)
class Surroundings:
    """What every container of the node needs. ``changed`` is to be called when a state changed, ``started`` at
    once when a process was started.
    """

    configuration: Configuration
    environment: Environment
    recorder: Recorder
    now: Callable[[], str]
    changed: Callable[[], None]
    started: Callable[[], None]


class Container:
    """Runs one container of one pod until it is stopped or has ended for good."""

    def __init__(self, pod: Json, manifest: Json, pod_ip: str, around: Surroundings):
        self.state = ContainerState(manifest["name"], manifest["image"])
        self.logs: list[Log] = []
        self._pod = pod
        self._manifest = manifest
        self._pod_ip = pod_ip
        self._around = around
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    async def run(self) -> None:
        """Start the process, and start it again as the restart policy says, backing off."""
        backoff = self._around.configuration.restart_backoff_s
        crashes = 0
        while not self._stopping:
            argv = await self._prepared()
            began = asyncio.get_running_loop().time()
            code = await self._run_once(*argv)
            if not self._restarts(code):
                self.state.finished = True
                self._around.changed()
                return
            crashes = 0 if asyncio.get_running_loop().time() - began > STEADY_S else crashes + 1
            if crashes > 1:
                await self._back_off(min(MAX_BACKOFF_S, backoff * 2 ** (crashes - 2)))
            self.state.restarts += 1

    async def stop(self, grace_s: float) -> None:
        """End the process: SIGTERM, and SIGKILL where it is still there after ``grace_s`` seconds."""
        self._stopping = True
        running = self._process
        if running is None or running.returncode is not None:
            return
        if grace_s > 0:
            process.send(running, signal.SIGTERM)
            try:
                async with asyncio.timeout(grace_s):
                    await running.wait()
            except TimeoutError:
                self._record("Killing", "it did not end within its grace period", warning=True)
        process.send(running, signal.SIGKILL)
        await running.wait()

    def kill(self) -> None:
        """End the process at once, without waiting for it."""
        self._stopping = True
        if self._process is not None:
            process.send(self._process, signal.SIGKILL)

    async def _prepared(self) -> tuple[list[str], dict[str, str]]:
        """Wait until image and environment are there; return what to start."""
        backoff = self._around.configuration.restart_backoff_s
        for attempt in range(1_000_000):
            try:
                argv = self._pull()
                environment = self._around.environment.resolve(self._with_ip(), self._manifest)
            except LookupError as error:
                broken = "CreateContainerConfigError" if isinstance(error, UnresolvedError) else "ErrImagePull"
                self._wait_because(broken, str(error.args[0]))
                await asyncio.sleep(min(1.0, backoff))
                if broken == "ErrImagePull":
                    self._wait_because("ImagePullBackOff", f'Back-off pulling image "{self.state.image}"')
                    await asyncio.sleep(min(MAX_BACKOFF_S, backoff * 2**attempt))
                continue
            return [expand(part, environment) for part in argv], environment
        raise AssertionError("unreachable: nobody waits that long")

    def _pull(self) -> list[str]:
        entry = self._around.configuration.images.get(self.state.image)
        if entry is None:
            raise LookupError(f'failed to pull image "{self.state.image}": not found')
        command = self._manifest.get("command")
        return [*(command or entry), *(self._manifest.get("args") or [])]

    def _with_ip(self) -> Json:
        status = {"podIP": self._pod_ip, "hostIP": self._pod_ip, "podIPs": [{"ip": self._pod_ip}]}
        return {**self._pod, "status": {**self._pod["status"], **status}}

    async def _run_once(self, argv: list[str], environment: dict[str, str]) -> int:
        log = Log(self._log_path())
        self.logs.append(log)
        try:
            self._process = await process.start(argv, environment, log.path)
        except OSError as error:
            log.ended = True
            self._ended(128, "StartError", str(error))
            return 128
        if self._stopping:  # The stop came while the process was being started.
            self.kill()
        self.state.running_since, self.state.terminated = self._around.now(), None
        self._around.started()
        self._record("Started", f"Started container {self.state.name}")
        self._around.changed()
        probes = asyncio.create_task(self._probe())
        try:
            code = await self._process.wait()
        finally:
            probes.cancel()
            log.ended = True
        self._ended(code if code >= 0 else 128 - code, "Completed" if code == 0 else "Error", "")
        return code

    async def _probe(self) -> None:
        found = {
            kind: probing.Probe.of(self._manifest[kind], self._manifest, self._pod_ip)
            for kind in ("startupProbe", "readinessProbe", "livenessProbe")
            if self._manifest.get(kind)
        }
        if "startupProbe" in found and not await probing.until_started(found["startupProbe"]):
            await self._fail("startup probe failed")
            return
        async with asyncio.TaskGroup() as group:
            if "readinessProbe" in found:
                group.create_task(probing.keep_ready(found["readinessProbe"], self._set_ready))
            else:
                self._set_ready(True, "")
            if "livenessProbe" in found:
                group.create_task(probing.until_dead(found["livenessProbe"], self._fail))

    def _set_ready(self, ready: bool, why: str) -> None:
        if why:
            self._record("Unhealthy", f"Readiness probe failed: {why}", warning=True)
        if ready != self.state.ready:
            self.state.ready = ready
            self._around.changed()

    async def _fail(self, why: str) -> None:
        self._record("Killing", f"Container {self.state.name} failed liveness probe: {why}", warning=True)
        running = self._process
        if running is not None:
            process.send(running, signal.SIGTERM)
            await asyncio.sleep(self._pod["spec"]["terminationGracePeriodSeconds"])
            process.send(running, signal.SIGKILL)

    def _ended(self, code: int, reason: str, message: str) -> None:
        ended = {
            "exitCode": code,
            "reason": reason,
            "startedAt": self.state.running_since,
            "finishedAt": self._around.now(),
        }
        self.state.terminated = ended | ({"message": message} if message else {})
        self.state.running_since, self.state.ready = None, False
        self._around.changed()

    def _restarts(self, code: int) -> bool:
        policy = self._pod["spec"]["restartPolicy"]
        if self._stopping or policy == "Never" or (policy == "OnFailure" and code == 0):
            return False
        self.state.last_terminated, self.state.terminated = self.state.terminated, None
        return True

    async def _back_off(self, pause_s: float) -> None:
        message = f"back-off {pause_s:g}s restarting failed container={self.state.name} pod={name(self._pod)}"
        self._wait_because("CrashLoopBackOff", message)
        await asyncio.sleep(pause_s)

    def _wait_because(self, reason: str, message: str) -> None:
        self.state.waiting, self.state.message = reason, message
        self._record("BackOff" if "BackOff" in reason else "Failed", message, warning=True)
        self._around.changed()

    def _record(self, reason: str, message: str, *, warning: bool = False) -> None:
        self._around.recorder.record(self._pod, reason, message, warning=warning)

    def _log_path(self) -> Path:
        pod = f"{namespace(self._pod)}_{name(self._pod)}_{uid(self._pod)[:8]}"
        return self._around.configuration.logs / f"{pod}_{self.state.name}_{self.state.restarts}.log"
