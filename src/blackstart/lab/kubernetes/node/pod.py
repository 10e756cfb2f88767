"""One pod on the node: from its image being pulled to its last process being gone."""

import asyncio
from collections.abc import Callable

from blackstart.lab.kubernetes.node.container import Container, Surroundings
from blackstart.lab.kubernetes.node.logs import Log
from blackstart.lab.kubernetes.node.state import ContainerState, PodState
from blackstart.lab.kubernetes.objects.shape import Json


class PodRunner:
    """Runs the containers of one pod. ``ip`` is its address on the node."""

    def __init__(self, pod: Json, ip: str, around: Surroundings):
        self.pod = pod
        self.ip = ip
        self.terminating = False
        self._around = around
        self._containers: list[Container] = []
        self._started = around.now()
        self._task: asyncio.Task[None] | None = None

    def start(self, done: Callable[["PodRunner"], None]) -> None:
        """Begin; ``done`` is called when every container has ended for good, or was stopped."""
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(lambda _: done(self))

    async def _run(self) -> None:
        await asyncio.sleep(self._around.configuration.pod_start_s)
        self._containers = [
            Container(self.pod, manifest, self.ip, self._around) for manifest in self.pod["spec"]["containers"]
        ]
        async with asyncio.TaskGroup() as group:
            for container in self._containers:
                group.create_task(container.run())

    async def stop(self, grace_s: float) -> None:
        """Stop the containers and wait until no process is left."""
        self.terminating = True
        await asyncio.gather(*(container.stop(grace_s) for container in self._containers))
        await self._end()

    def kill(self) -> None:
        """Kill every process at once."""
        self.terminating = True
        for container in self._containers:
            container.kill()
        if self._task is not None:
            self._task.cancel()

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def state(self) -> PodState:
        """Return what is known of the pod now."""
        states = [container.state for container in self._containers] or [
            ContainerState(manifest["name"], manifest["image"]) for manifest in self.pod["spec"]["containers"]
        ]
        ip = self.ip if self._containers else ""
        return PodState(states, ip, self._started)

    def container(self, container_name: str | None) -> Container | None:
        """Return the container of that name, or the first where no name is given."""
        found = (one for one in self._containers if container_name in (None, one.state.name))
        return next(found, None)

    def open_logs(self) -> list[Log]:
        """Return the logs that are still written to."""
        return [container.logs[-1] for container in self._containers if container.logs]
