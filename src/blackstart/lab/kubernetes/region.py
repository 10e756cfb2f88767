"""One region's twin as a whole: state, controllers, node and API put together."""

import asyncio
from typing import Any

from blackstart.clock import Clock
from blackstart.lab import perpetual
from blackstart.lab.kubernetes.api.authentication import Authentication
from blackstart.lab.kubernetes.api.listener import Listener
from blackstart.lab.kubernetes.api.router import Router
from blackstart.lab.kubernetes.configuration import Configuration
from blackstart.lab.kubernetes.controllers.loop import ControlLoop, settle
from blackstart.lab.kubernetes.node.kubelet import Kubelet
from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.failure import ApiError
from blackstart.lab.kubernetes.objects.kinds import NAMESPACES, of_type
from blackstart.lab.kubernetes.objects.persistence import StateFile
from blackstart.lab.kubernetes.objects.store import Store
from blackstart.outcome import UsageError

SYSTEM_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


class Region:
    """The Kubernetes API twin of one region, and the pods that it runs."""

    def __init__(self, configuration: Configuration, clock: Clock):
        self._configuration = configuration
        self._clock = clock
        self._changes = Changes(Store(), clock)
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, stop: asyncio.Event, ready: asyncio.Event) -> None:
        """Serve until ``stop`` is set; set ``ready`` once the API listens.

        Raises:
            UsageError: a manifest is wrong, or the address is taken.
            BlackstartError: the state file is damaged.

        """
        self._configuration.logs.mkdir(parents=True, exist_ok=True)
        state = StateFile(self._configuration.state, self._changes.store)
        if not state.load():
            self._first_start()
        state.keep()
        kubelet = Kubelet(self._changes, self._configuration, self._clock)
        loop = ControlLoop(self._changes)
        authentication = Authentication(self._configuration, self._clock)
        router = Router(self._changes, kubelet, authentication, self._clock, state.kept)
        listener = Listener(router, self._configuration)
        # What was saved of the life before (ready pods, …) is put right before anybody can read it.
        settle(self._changes)
        await listener.start()
        state.write()
        self._tasks = [
            asyncio.create_task(perpetual.going("controllers", loop.run)),
            asyncio.create_task(perpetual.going("kubelet", kubelet.run)),
        ]
        ready.set()
        try:
            await stop.wait()
        finally:
            kubelet.kill_all()
            for task in self._tasks:
                task.cancel()
            state.write()
            listener.close()

    def _first_start(self) -> None:
        for name in SYSTEM_NAMESPACES:
            self._changes.create(NAMESPACES, "", {"metadata": {"name": name}})
        import yaml  # noqa: PLC0415 - slow to import, and only the first start needs it

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        for path in sorted(self._configuration.manifests.glob("*.y*ml")):
            try:
                for manifest in yaml.load_all(path.read_text(), Loader=loader):
                    self._admit(manifest)
            except (yaml.YAMLError, ApiError, KeyError, TypeError) as error:
                raise UsageError(f"{path}: not a manifest that the cluster takes: {error}") from error

    def _admit(self, manifest: dict[str, Any] | None) -> None:
        if not manifest:
            return
        kind = of_type(manifest["apiVersion"], manifest["kind"])
        if kind is None:
            raise KeyError(f"{manifest['apiVersion']} {manifest['kind']} is not served here")
        space = manifest["metadata"].get("namespace", "default") if kind.namespaced else ""
        self._changes.create(kind, space, manifest)
