"""The state file: what survives when the whole region is killed.

Pods, nodes, events and endpoints are not saved: pods are processes that died with the region, and the
controllers make the rest anew.
"""

import asyncio
import json
from pathlib import Path

from blackstart.lab.kubernetes.objects.kinds import BY_KEY, ENDPOINT_SLICES, ENDPOINTS, EVENTS, NODES, PODS
from blackstart.lab.kubernetes.objects.store import Event, Store
from blackstart.outcome import BlackstartError

VOLATILE = frozenset({PODS, NODES, EVENTS, ENDPOINTS, ENDPOINT_SLICES})
DEBOUNCE_S = 0.01
"""Changes that follow each other this closely are written once."""


class StateFile:
    """Keeps ``objects.json`` equal to the store, at most ``DEBOUNCE_S`` behind it.

    What the cluster does by itself may be lost in a kill, since it does it again; what somebody was told is done may
    not: whoever answers waits for :meth:`kept`.
    """

    def __init__(self, directory: Path, store: Store):
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "objects.json"
        self._store = store
        self._due: asyncio.TimerHandle | None = None
        self._awaited: asyncio.Future[None] | None = None

    def load(self) -> bool:
        """Fill the store from the file; return False when there is none yet.

        Raises:
            BlackstartError: the file cannot be read.

        """
        if not self._path.exists():
            return False
        try:
            state = json.loads(self._path.read_bytes())
            items = [(BY_KEY[key], item) for key, kept in state["objects"].items() for item in kept]
        except (OSError, ValueError, KeyError) as error:
            raise BlackstartError(f"{self._path}: damaged state ({error!r}): remove it to start anew") from error
        self._store.restore(items, state["revision"])
        return True

    def keep(self) -> None:
        """Write every change from now on."""
        self._store.listen(self._changed)

    def write(self) -> None:
        """Write now, atomically: a reader sees the old state or the new one."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        kept = {kind.key: self._store.every(kind) for kind in BY_KEY.values() if kind not in VOLATILE}
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps({"revision": self._store.revision, "objects": kept}))
        partial.replace(self._path)

    async def kept(self) -> None:
        """Return once every change so far is written, together with what others wait for. Raises ``OSError``."""
        if self._due is None:
            return
        if self._awaited is None:
            loop = asyncio.get_running_loop()
            self._awaited = loop.create_future()
            loop.call_soon(self._write_for, self._awaited)
        await asyncio.shield(self._awaited)

    def _write_for(self, awaited: asyncio.Future[None]) -> None:
        self._awaited = None
        try:
            self.write()
        except OSError as error:
            awaited.set_exception(error)
        else:
            awaited.set_result(None)

    def _changed(self, event: Event) -> None:
        if event.kind not in VOLATILE and self._due is None:
            self._due = asyncio.get_running_loop().call_later(DEBOUNCE_S, self.write)
