"""The database's writer: promoted in a disaster, switched over when all is well. Both are forward-only."""

from collections.abc import Callable
from typing import Any

from chaoslib.types import Configuration

from blackstart.platform import aurora, aws, sql
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import Call, Intent, Role

__all__ = ["promote_database", "switch_over_database"]

MODULE = "blackstart.actions.database"


def promote_database(
    region: str = "standby", as_fault: bool = False, configuration: Configuration = None
) -> dict[str, Any]:
    """Force the global cluster over to a region, data loss allowed (forward-only; a failback switches it over).

    :param region: ``primary``, ``standby`` or a region's name: where writes are to be accepted
    :param as_fault: whether this is what the drill tests, and not a step of the recovery
    """
    here, target = _target(region, configuration)

    def call(_: str) -> None:
        aws.client(here.topology, "rds", target).failover_global_cluster(
            GlobalClusterIdentifier=here.topology.database.global_cluster,
            TargetDbClusterIdentifier=aurora.cluster_arn(here.topology, target),
            AllowDataLoss=True,
        )

    done = _move(here, target, "promote_database", "fault" if as_fault else "recovery", call)
    return {**done, "phase": _phase(done, "promoted")} if "called_ns" in done else done


def switch_over_database(
    region: str = "primary", as_fault: bool = False, configuration: Configuration = None
) -> dict[str, Any]:
    """Move the writer to a region without losing data (forward-only); both regions must be well.

    :param region: ``primary``, ``standby`` or a region's name: where writes are to be accepted
    :param as_fault: whether this is what the drill tests, and not a step of a failback
    """
    here, target = _target(region, configuration)

    def call(writer: str) -> None:
        # AWS wants this call in the region that writes now, the forced one in the region that shall.
        aws.client(here.topology, "rds", writer).switchover_global_cluster(
            GlobalClusterIdentifier=here.topology.database.global_cluster,
            TargetDbClusterIdentifier=aurora.cluster_arn(here.topology, target),
        )

    return _move(here, target, "switch_over_database", "fault" if as_fault else "failback", call)


def _move(here: Setting, target: str, function: str, role: Role, call: Callable[[str], None]) -> dict[str, Any]:
    """Move the writer by ``call``, which is given the region that writes now; nothing to do where it is already."""
    writer = aurora.describe(here.topology, target).writer
    if writer == target:
        return {"evidence": f"{target} is the writer already: nothing to do"}
    intent = move_intent(here, function, target, writer, role)
    return act(here, intent, lambda: call(writer), lambda: eventually(here, lambda: accepts_writes(here, target)))


def _target(region: str, configuration: Configuration) -> tuple[Setting, str]:
    here = setting(configuration)
    return here, here.topology.region_named(region)


def move_intent(here: Setting, function: str, target: str, writer: str, role: Role) -> Intent:
    """Return what moving the writer is, as the undo log keeps it: answered by a switchover, never by a reversal."""
    return Intent(
        call=Call(f"{MODULE}.{function}", {"region": target}),
        subject=f"writer of {here.topology.database.global_cluster}",
        target=f"Aurora global cluster {here.topology.database.global_cluster}: writer to {target}",
        kind="forward_only",
        role=role,
        layer="data",
        before={"writer": writer},
        inverse=Call(f"{MODULE}.switch_over_database", {"region": writer}),
    )


def accepts_writes(here: Setting, target: str) -> str:
    """Ask the service, and the server itself, which must be out of recovery."""
    state = aurora.describe(here.topology, target)
    if state.writer != target or not state.settled:
        raise NotProvedError(f"writer is {state.writer}, cluster {state.status}, role change {state.failover}")
    with sql.connect(here.topology, target, aurora.endpoints(here.topology, target).writer) as connection:
        row = connection.execute("SELECT inet_server_addr()::text, pg_is_in_recovery()").fetchone()
    if row is None or row[1]:
        raise NotProvedError(f"the database in {target} is still in recovery: it takes no writes")
    return f"{target} is the writer, and its server {row[0]} takes writes"


def _phase(done: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "name": name,
        "earliest": done["called_ns"],
        "at": done["proved_ns"],
        "latest": done["proved_ns"],
        "source": f"RDS and SQL: {done['evidence']}",
    }
