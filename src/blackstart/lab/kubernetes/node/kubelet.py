"""The kubelet: makes the processes on the node what the stored pods say."""

import asyncio
from collections import deque

from blackstart.clock import Clock
from blackstart.lab.kubernetes.configuration import Configuration
from blackstart.lab.kubernetes.node import fargate
from blackstart.lab.kubernetes.node.container import Surroundings
from blackstart.lab.kubernetes.node.environment import Environment
from blackstart.lab.kubernetes.node.logs import MARK_S, Log
from blackstart.lab.kubernetes.node.pod import PodRunner
from blackstart.lab.kubernetes.node.state import pod_status
from blackstart.lab.kubernetes.node.truth import Truth
from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.failure import bad_request
from blackstart.lab.kubernetes.objects.kinds import NODES, PODS
from blackstart.lab.kubernetes.objects.recorder import Recorder
from blackstart.lab.kubernetes.objects.shape import Json, is_finished, is_terminating, name, namespace, uid
from blackstart.lab.kubernetes.objects.store import Event


class Kubelet:
    """Starts, stops and reports the pods of one cluster."""

    def __init__(self, changes: Changes, configuration: Configuration, clock: Clock):
        self._changes = changes
        self._configuration = configuration
        self._clock = clock
        self._recorder = Recorder(changes, "kubelet")
        self._truth = Truth(configuration.state, configuration.region, clock)
        self._addresses = deque(configuration.pod_addresses)
        self._runners: dict[str, PodRunner] = {}
        self._stops: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        changes.store.listen(self._notice)

    def _notice(self, event: Event) -> None:
        if event.kind is PODS:
            self._changed.set()

    async def run(self) -> None:
        """Work until cancelled: look at all pods after each change, and at the logs every ``MARK_S``."""
        while True:
            self._changed.clear()
            self._reconcile()
            try:
                async with asyncio.timeout(MARK_S):
                    await self._changed.wait()
            except TimeoutError:
                self._mark_logs()

    def kill_all(self) -> None:
        """Kill every pod's processes at once."""
        for runner in self._runners.values():
            runner.kill()

    def log(self, pod: Json, container_name: str | None, *, previous: bool) -> Log:
        """Return the log of a pod's container: of its present start or of the one before.

        Raises:
            ApiError: 400 it has not started, 404 no such container.

        """
        declared = [one["name"] for one in pod["spec"]["containers"]]
        if container_name is not None and container_name not in declared:
            raise bad_request(f"container {container_name} is not valid for pod {name(pod)}")
        runner = self._runners.get(uid(pod))
        container = runner.container(container_name) if runner else None
        logs = container.logs if container else []
        if len(logs) < (2 if previous else 1):
            which = "previous terminated " if previous else ""
            raise bad_request(f'{which}container "{container_name or declared[0]}" in pod "{name(pod)}" has no log yet')
        return logs[-2 if previous else -1]

    def _reconcile(self) -> None:
        pods = {uid(pod): pod for pod in self._changes.store.every(PODS)}
        for pod_uid, runner in list(self._runners.items()):
            if pod_uid not in pods:
                if not runner.terminating:
                    self._truth.note("pod killed", runner.pod)
                runner.kill()
                self._release(runner)
        for pod_uid, pod in pods.items():
            if is_terminating(pod):
                self._terminate(pod)
            elif pod_uid not in self._runners and not is_finished(pod):
                self._admit(pod)

    def _admit(self, pod: Json) -> None:
        if not self._addresses:
            message = "0/1 nodes are available: no address is left in the subnet."
            self._recorder.record(pod, "FailedScheduling", message, warning=True)
            return
        ip = self._addresses.popleft()
        node = fargate.node(ip, self._configuration.region, self._changes.now())
        self._changes.store.put(NODES, node)
        bound = self._changes.store.put(PODS, {**pod, "spec": pod["spec"] | {"nodeName": name(node)}})
        runner = PodRunner(bound, ip, self._surroundings(pod))
        self._runners[uid(pod)] = runner
        self._recorder.record(pod, "Scheduled", f"Successfully assigned {namespace(pod)}/{name(pod)} to {name(node)}")
        self._report(uid(pod))
        runner.start(lambda _: self._report(uid(pod)))

    def _surroundings(self, pod: Json) -> Surroundings:
        return Surroundings(
            configuration=self._configuration,
            environment=Environment(self._changes.store, self._configuration),
            recorder=self._recorder,
            now=self._changes.now,
            changed=lambda: self._report(uid(pod)),
            started=lambda: self._truth.note("pod started", pod),
        )

    def _report(self, pod_uid: str) -> None:
        runner = self._runners.get(pod_uid)
        if runner is None:
            return
        current = self._changes.store.get(PODS, namespace(runner.pod), name(runner.pod))
        if current is not None and uid(current) == pod_uid:
            self._changes.set_status(PODS, current, pod_status(current, runner.state(), self._changes.now()))

    def _terminate(self, pod: Json) -> None:
        runner = self._runners.get(uid(pod))
        if runner is None:
            self._changes.store.remove(PODS, namespace(pod), name(pod))
        elif not runner.terminating:
            grace_s = pod["metadata"].get("deletionGracePeriodSeconds", 30)
            self._truth.note("pod stopping", pod)
            self._recorder.record(pod, "Killing", "Stopping containers")
            self._stops[uid(pod)] = asyncio.create_task(self._stop(pod, runner, grace_s))

    async def _stop(self, pod: Json, runner: PodRunner, grace_s: float) -> None:
        await runner.stop(grace_s)
        self._stops.pop(uid(pod), None)
        current = self._changes.store.get(PODS, namespace(pod), name(pod))
        if current is not None and uid(current) == uid(pod):
            self._changes.store.remove(PODS, namespace(pod), name(pod))

    def _release(self, runner: PodRunner) -> None:
        # The address goes to the end of the queue: the next pod must not get one that clients still hold.
        del self._runners[uid(runner.pod)]
        self._addresses.append(runner.ip)
        self._changes.store.remove(NODES, "", fargate.node_name(runner.ip, self._configuration.region))

    def _mark_logs(self) -> None:
        for runner in self._runners.values():
            for log in runner.open_logs():
                log.mark(self._clock.wall())
