"""The orders that a region's database holds: what is left of what was acknowledged."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from chaoslib.types import Configuration

from blackstart import history
from blackstart.platform import aurora, sql
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
    rows = _rows(here.topology, name, endpoint, here.mark)
    survivors = history.Survivors(
        store=STORE,
        label=label,
        read_from=f"{endpoint} in {name}",
        started_ns=started,
        ended_ns=here.clock.now_ns(),
        run=here.run_dir.name,
        ranges={
            writer: history.as_ranges(sorted({seq for _, seq in found}))
            for writer, found in groupby(sorted(rows), key=itemgetter(0))
        },
        duplicates=len(rows) - len(set(rows)),
    )
    history.write_survivors(here.run_dir / "history", survivors)
    return {"orders": survivors.count, "read_from": survivors.read_from}


def _rows(topology: Any, region: str, endpoint: str, run: str) -> list[tuple[int, int]]:
    with sql.connect(topology, region, endpoint) as connection:
        found = connection.execute(topology.orders.read_back.sql, {"run": run}).fetchall()
    return [(int(writer), int(seq)) for writer, seq in found]
