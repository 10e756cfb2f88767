"""``@pytest.mark.drill("region-loss", rto="60s", rpo="2s")``: which drill a test runs, and what it must achieve."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from blackstart.outcome import UsageError
from blackstart.pytest_plugin import spans

NAME = "drill"
HELP = (
    'drill(experiment, rto="60s", rpo="2s", warm="10s", failed_requests=0): runs this blackstart drill, a name '
    "or the path of a YAML file; objectives that are not given here come from the topology, else from the experiment."
)


@dataclass(frozen=True)
class Marked:
    """What a test's marker asks for. ``objectives`` are by their names in an experiment."""

    experiment: str
    objectives: Mapping[str, float]


def of(item: pytest.Item) -> Marked | None:
    """Return what a test's nearest drill marker asks for, None where it has none.

    Raises ``UsageError`` that names the test, for a marker that cannot be meant.
    """
    mark = item.get_closest_marker(NAME)
    if mark is None:
        return None
    try:
        return _read(mark)
    except ValueError as error:
        raise UsageError(f"{item.nodeid}: @pytest.mark.drill: {error}") from error


def _read(mark: pytest.Mark) -> Marked:
    if len(mark.args) != 1 or not isinstance(mark.args[0], str):
        raise ValueError('name one experiment, as in @pytest.mark.drill("region-loss", rto="60s")')
    unknown = sorted(set(mark.kwargs) - set(OBJECTIVES))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no objective: use {', '.join(OBJECTIVES)}")
    return Marked(mark.args[0], dict(_objective(name, value) for name, value in mark.kwargs.items()))


def _objective(name: str, value: object) -> tuple[str, float]:
    field, read = OBJECTIVES[name]
    try:
        return field, read(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _positive(value: object) -> float:
    found = spans.seconds(value)
    if found <= 0:
        raise ValueError(f"{value!r} can never be met: give more than 0")
    return found


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no number of requests: give a whole number from 0")
    return value


OBJECTIVES: Mapping[str, tuple[str, Callable[[Any], float]]] = {
    "rto": ("rto_s", _positive),
    "rpo": ("rpo_s", spans.seconds),
    "warm": ("warm_s", _positive),
    "failed_requests": ("failed_requests", _count),
}
