"""The state of containers, and the pod status that follows from it."""

from dataclasses import dataclass

from blackstart.lab.kubernetes.objects.shape import Json, condition


@dataclass
class ContainerState:
    """What the node knows of one container. ``running_since`` is None while it does not run."""

    name: str
    image: str
    waiting: str = "ContainerCreating"
    message: str = ""
    running_since: str | None = None
    terminated: Json | None = None
    last_terminated: Json | None = None
    ready: bool = False
    restarts: int = 0
    finished: bool = False
    """Whether it has ended for good; one that will be restarted has not."""

    def status(self) -> Json:
        """Return the entry of ``containerStatuses``."""
        found: Json = {
            "name": self.name,
            "image": self.image,
            "imageID": f"lab://{self.image}" if self.ever_ran else "",
            "ready": self.ready,
            "started": self.running_since is not None,
            "restartCount": self.restarts,
            "state": self._state(),
            "lastState": {"terminated": self.last_terminated} if self.last_terminated else {},
        }
        return found

    @property
    def ever_ran(self) -> bool:
        return bool(self.running_since or self.terminated or self.last_terminated)

    def _state(self) -> Json:
        if self.running_since is not None:
            return {"running": {"startedAt": self.running_since}}
        if self.terminated is not None:
            return {"terminated": self.terminated}
        return {"waiting": {"reason": self.waiting} | ({"message": self.message} if self.message else {})}


@dataclass
class PodState:
    """What the node knows of one pod."""

    containers: list[ContainerState]
    ip: str = ""
    started: str = ""

    def phase(self) -> str:
        if all(one.finished for one in self.containers):
            failed = any(one.terminated and one.terminated["exitCode"] for one in self.containers)
            return "Failed" if failed else "Succeeded"
        return "Running" if any(one.ever_ran for one in self.containers) else "Pending"


def pod_status(pod: Json, state: PodState, now: str) -> Json:
    """Return the status object of a pod, conditions that did not change keeping their times."""
    unready = [one.name for one in state.containers if not one.ready]
    problem = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{' '.join(unready)}]"}
    readiness = ("False", problem) if unready else ("True", {})
    wanted = {
        "PodReadyToStartContainers": ("True" if state.ip else "False", {}),
        "Initialized": ("True", {}),
        "Ready": readiness,
        "ContainersReady": readiness,
        "PodScheduled": ("True", {}),
    }
    status: Json = {
        "phase": state.phase(),
        "conditions": [_condition(pod, kind, value, more, now) for kind, (value, more) in wanted.items()],
        "startTime": state.started,
        "qosClass": "BestEffort",
        "containerStatuses": [one.status() for one in state.containers],
    }
    if state.ip:
        addresses = [{"ip": state.ip}]
        status |= {"podIP": state.ip, "podIPs": addresses, "hostIP": state.ip, "hostIPs": addresses}
    return status


def _condition(pod: Json, kind: str, value: str, more: Json, now: str) -> Json:
    before = condition(pod, kind)
    since = before["lastTransitionTime"] if before and before["status"] == value else now
    return {"type": kind, "status": value, "lastProbeTime": None, "lastTransitionTime": since, **more}
