"""The lab's door: bring one up, take it down, ask how it is. Plain functions, no command line."""

import json
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blackstart.clock import Clock, SystemClock
from blackstart.lab import incarnation
from blackstart.lab import record as records
from blackstart.lab.layout import Layout
from blackstart.lab.plant import ending, janitor, ports, topology_file, wheels
from blackstart.lab.plant.launch import LabStartError, Progress, launch
from blackstart.lab.record import Record
from blackstart.lab.specification import Specification
from blackstart.outcome import UsageError

__all__ = ["LabHandle", "LabStartError", "Progress", "down", "running", "status", "up"]
ANSWER_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class LabHandle:
    """One lab that is up."""

    folder: Path
    record: Record

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def layout(self) -> Layout:
        return self.record.layout

    @property
    def topology_path(self) -> Path:
        return self.folder / "topology.yaml"

    @property
    def url(self) -> str:
        """The AWS API's endpoint."""
        return self.layout.api_url

    @property
    def accelerator_url(self) -> str:
        return topology_file.accelerator_url(self.layout)

    def status(self) -> dict[str, Any]:
        """Return what the plant tells. Raises ``OSError`` when it does not answer."""
        told: dict[str, Any] = self.ask("GET", "/status")
        return told

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Call the plant's API and return its answer. Raises ``OSError``."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.record.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.layout.plant_url + path, data, headers, method=method)  # noqa: S310 (our own http URL)
        # No proxy from the environment stands between this machine and its loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=ANSWER_TIMEOUT_S) as answer:
            return json.load(answer)


def up(
    specification: Specification,
    *,
    clock: Clock | None = None,
    home: Path | None = None,
    blocks: Iterable[int] = ports.BLOCKS,
    progress: Progress | None = None,
) -> LabHandle:
    """Start a lab and return once it has accepted its first order through the accelerator.

    ``progress`` is told each part that came up. Raises ``UsageError`` (one line): the lab is already up, an asked
    port is in use, no block is free, a wheel or address is missing, or a part did not start; then nothing is left.
    """
    wheels.check()
    clock = clock or SystemClock()
    folder = records.labs_folder(home) / specification.name
    _need_down(folder, specification.name, clock)
    own = incarnation.new()
    with ports.claim(specification, blocks) as claim:
        try:
            record = records.create(folder, specification, claim.layout, own)
            return LabHandle(folder, launch(folder, record, claim, clock, progress))
        except FileExistsError as error:
            raise _already_up(specification.name) from error
        except BaseException:
            janitor.sweep(folder, own)
            raise


def running(name: str = "default", home: Path | None = None) -> LabHandle | None:
    """Return the lab with that name when it is up, whole or still starting, else None."""
    folder = records.labs_folder(home) / name
    record = records.read(folder)
    return LabHandle(folder, record) if record is not None and record.lives() else None


def status(name: str = "default", home: Path | None = None) -> dict[str, Any]:
    """Return what the plant tells of the lab; ``{"name", "state": "down"}`` when it is not up."""
    lab = running(name, home)
    if lab is None:
        return {"name": name, "state": "down"} if not _foreign(name, home) else _unreadable(name)
    if lab.record.since is None:
        return {"name": name, "state": "starting"}
    try:
        return lab.status()
    except (OSError, ValueError) as error:
        return {"name": name, "state": "unreachable", "reason": str(error)}


def _foreign(name: str, home: Path | None) -> bool:
    """Whether a lab is up whose record this version cannot read."""
    keepers = records.keepers(records.labs_folder(home) / name)
    return keepers is not None and keepers.live()


def _unreadable(name: str) -> dict[str, Any]:
    reason = f"another version of blackstart started it; stop it: blackstart lab down{_naming(name)}"
    return {"name": name, "state": "unreachable", "reason": reason}


def down(name: str = "default", home: Path | None = None, *, clock: Clock | None = None) -> bool:
    """Stop a lab and return once nothing of it is left; False when there was none."""
    folder = records.labs_folder(home) / name
    if not folder.exists():
        return False
    own, keepers = _found(folder)
    ending.end(folder, own, keepers, clock or SystemClock())
    return True


def _need_down(folder: Path, name: str, clock: Clock) -> None:
    """Clear away what a lab left that was killed, once its janitor, if that lives, has done its work."""
    if not folder.exists():
        return
    own, keepers = _found(folder)
    if keepers is not None and keepers.live():
        raise _already_up(name)
    ending.end(folder, own, keepers, clock)


def _found(folder: Path) -> tuple[str | None, records.Keepers | None]:
    """Return the folder's incarnation and who keeps it, in this order: keepers that do not live are then its own."""
    own = incarnation.read(folder)
    return own, records.keepers(folder)


def _already_up(name: str) -> UsageError:
    return UsageError(f"lab {name!r} is already up; stop it first: blackstart lab down{_naming(name)}")


def _naming(name: str) -> str:
    return "" if name == "default" else f" --name {name}"
