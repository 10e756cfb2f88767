"""The whole recorded history of one run, every instrument by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blackstart.history import documents, seal
from blackstart.history.heartbeat import Heartbeat, read_heartbeat
from blackstart.history.ledger import Ledger, read_ledger
from blackstart.history.samples import Samples, read_canary
from blackstart.history.survivors import Survivors, read_survivors
from blackstart.history.watch import Watch, read_watch


@dataclass(frozen=True)
class History:
    """What was seen in one run.

    ``survivors`` is keyed by (store, label). ``clock``, ``plan`` and ``ended`` are clock.json, plan.json and
    observer.json as they stand. ``answers`` has what a canary's target said each time that it was new.
    ``missing`` names what is not there, or not whole, with the reason: a judge
    must not call that good. An instrument whose file cannot be read at all is in ``missing`` only.
    """

    folder: Path
    clock: Mapping[str, Any] | None
    plan: Mapping[str, Any] | None
    ended: Mapping[str, Any] | None
    heartbeat: Heartbeat | None
    canaries: Mapping[str, Samples]
    ledgers: Mapping[str, Ledger]
    survivors: Mapping[tuple[str, str], Survivors]
    watches: Mapping[str, Watch]
    answers: Mapping[str, Watch]
    missing: Mapping[str, str]

    @property
    def served_by(self) -> tuple[str, ...]:
        """The regions that a record's ``served_by`` or ``endpoint`` counts from 1."""
        return tuple((self.plan or {}).get("served_by", ()))

    @classmethod
    def open(cls, folder: Path) -> "History":
        """Read a run's ``history`` folder. Never raises for what is missing or broken: see ``missing``."""
        reader = _Reader(folder)
        survivors = reader.each("survivors-*.json", read_survivors)
        return (
            cls(
                folder=folder,
                clock=reader.one("clock.json", documents.clock),
                plan=reader.one("plan.json", documents.plan),
                ended=reader.one("observer.json", documents.ended),
                heartbeat=reader.one("heartbeat.bin", read_heartbeat),
                canaries=reader.each("canary-*.bin", read_canary),
                ledgers=reader.each("ledger-*.bin", read_ledger),
                survivors={(item.store, item.label): item for item in survivors.values()},
                watches=reader.each("watch-*.jsonl", read_watch),
                answers=reader.each("answers-*.jsonl", read_watch),
                missing=reader.missing,
            )
            ._with_broken_seals()
            ._with_absent_instruments()
        )

    def _with_broken_seals(self) -> "History":
        here = [path.name for path in self.folder.glob("*") if path.is_file()]
        missing = seal.broken(self.folder, self.ended or {}, here) | dict(self.missing)
        return History(**{**self.__dict__, "missing": missing})

    def _with_absent_instruments(self) -> "History":
        missing = dict(self.missing)
        for kind, found in (("canary", self.canaries), ("ledger", self.ledgers)):
            section = "canaries" if kind == "canary" else "ledgers"
            for planned in (self.plan or {}).get(section, ()):
                name = planned["name"]
                if not len(found.get(name, ())):
                    missing.setdefault(f"{kind}-{name}.bin", "the plan has it, and it recorded nothing")
        return History(**{**self.__dict__, "missing": missing})


class _Reader:
    """Reads files of one folder and remembers what was not there or not whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.missing: dict[str, str] = {}

    def one[T](self, name: str, read: Callable[[Path], T]) -> T | None:
        """Return what the file holds, None where it cannot be read."""
        path = self.folder / name
        try:
            found = read(_file(path))
        except FileNotFoundError:
            self.missing[name] = "not there"
        except (OSError, ValueError) as error:
            self.missing[name] = f"cannot be read: {error}"
        else:
            damage = getattr(found, "damage", None)
            if damage is not None:
                self.missing[name] = f"{damage.bytes} bytes left out: {damage.reason}"
            return found
        return None

    def each[T](self, pattern: str, read: Callable[[Path], T]) -> dict[str, T]:
        """Return what every such file holds, by the part of its name that the pattern leaves open."""
        before, after = pattern.split("*")
        found = {}
        for path in sorted(self.folder.glob(pattern)):
            item = self.one(path.name, read)
            if item is not None:
                found[path.name.removeprefix(before).removesuffix(after)] = item
        return found


def _file(path: Path) -> Path:
    """Return the path of a file; one that is missing says so when it is read. A pipe would be waited for for ever."""
    if path.exists() and not path.is_file():
        raise OSError("is no file")
    return path
