"""What every operation of the API needs to know: the lab's configuration, its plant, its regions' power."""

from dataclasses import dataclass

from blackstart.lab.aws.configuration import Configuration
from blackstart.lab.aws.plant import Plant
from blackstart.lab.aws.power import RegionPower
from blackstart.lab.layout import Layout
from blackstart.outcome import BlackstartError


@dataclass(frozen=True)
class Context:
    """One lab. moto makes its response classes itself, so they find their lab here, one a process."""

    configuration: Configuration
    plant: Plant
    power: RegionPower

    @property
    def layout(self) -> Layout:
        return self.configuration.layout

    @classmethod
    def of(cls, configuration: Configuration) -> "Context":
        plant = Plant(configuration.plant_url, configuration.plant_token)
        return cls(configuration, plant, RegionPower(configuration.regions_file))


_current: list[Context] = []


def enter(context: Context) -> None:
    """Make this the process's lab."""
    _current[:] = [context]


def current() -> Context:
    """Return the process's lab."""
    if not _current:
        raise BlackstartError("no lab was entered in this process; start the API by lab up")
    return _current[0]
