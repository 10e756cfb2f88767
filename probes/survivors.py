"""The orders that a region's database holds: what is left of what was acknowledged."""

from typing import Any

from chaoslib.types import Configuration

from blackstart import history
from blackstart.platform import aurora, islands, sql
from blackstart.platform.setting import Setting, setting

__all__ = ["orders_of_old_primary", "surviving_orders"]

STORE = "orders"


def surviving_orders(
    region: str = "standby", label: str = "standby", configuration: Configuration = None
) -> dict[str, Any]:
    """Read back every order of this run and keep the sequences, as ranges, in the run's history.

    :param region: whose database is read: ``primary``, ``standby`` or a region's name
    :param label: what this reading is for: ``standby`` or ``primary`` (where the drill recovers) or ``after-failback``
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    return _read(here, name, aurora.endpoints(here.topology, name).writer, label)


def orders_of_old_primary(region: str = "primary", configuration: Configuration = None) -> dict[str, Any]:
    """Read the old primary's last state, where ``restore_old_primary`` restored it, as survivors ``old-primary``.

    Where nothing was restored nothing is read; the restoration has recorded why.

    :param region: whose database was deposed: ``primary``, ``standby`` or a region's name
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    endpoint = aurora.restored_endpoint(here.topology, name, here.mark)
    if endpoint is None:
        return {"orders": None, "why": "nothing was restored of the old primary"}
    return _read(here, name, endpoint, "old-primary")


def _read(here: Setting, name: str, endpoint: str, label: str) -> dict[str, Any]:
    started = here.clock.now_ns()
    with sql.connect(here.topology, name, endpoint) as connection:
        found = islands.read(connection, here.topology.orders.read_back.sql, {"run": here.mark})
    survivors = history.Survivors(
        store=STORE,
        label=label,
        read_from=f"{endpoint} in {name}",
        started_ns=started,
        ended_ns=here.clock.now_ns(),
        run=here.run_dir.name,
        ranges=found.ranges,
        duplicates=found.duplicates,
    )
    history.write_survivors(here.run_dir / "history", survivors)
    return {"orders": survivors.count, "read_from": survivors.read_from}
