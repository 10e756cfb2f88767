"""What truly happened: one line an outage, each instant as the interval in which the server switched."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True)
class TrueOutage:
    """Monotonic nanoseconds, shared by all processes of a machine.

    ``began_ns`` and ``ended_ns``: [before the server switched, after it]. A switch is one system call or one
    assignment and takes microseconds, but for a stall's end: whoever was held is answered one after the other.
    """

    mode: str
    began_ns: tuple[int, int]
    ended_ns: tuple[int, int]

    @property
    def began_s(self) -> float:
        return sum(self.began_ns) / 2e9

    @property
    def ended_s(self) -> float:
        return sum(self.ended_ns) / 2e9

    @property
    def lasted_s(self) -> float:
        return self.ended_s - self.began_s


def append(file: TextIO, outage: TrueOutage) -> None:
    file.write(json.dumps(asdict(outage)) + "\n")
    file.flush()


def read(path: Path) -> list[TrueOutage]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [TrueOutage(line["mode"], tuple(line["began_ns"]), tuple(line["ended_ns"])) for line in lines]
