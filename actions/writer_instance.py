"""The instance that writes inside a region: failed over to a reader of the same cluster, and back."""

from typing import Any

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform import aurora, aws, sql
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import FILE, Call, Intent, Role, read

__all__ = ["fail_back_writer", "fail_over_writer"]

MODULE = "blackstart.actions.writer_instance"


def fail_over_writer(region: str = "primary", configuration: Configuration = None) -> dict[str, Any]:
    """Fail the region's cluster over to a reader of its own (revertible: ``fail_back_writer``).

    The service chooses the reader. Proved when it shows another writer, and that server takes writes.

    :param region: ``primary``, ``standby`` or a region's name: whose cluster, which must be the one that writes
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    before = aurora.instances(here.topology, name)
    if not before.readers:
        raise ActivityFailed(f"nothing was injected: the cluster in {name} has no reader to fail over to")
    call = Call(f"{MODULE}.fail_over_writer", {"region": name})
    server, _ = _server(here, name)
    return _fail_over(here, name, _intent(here, name, call, "fault", before.writer, "a reader"), server, None)


def fail_back_writer(
    region: str = "primary", instance: str | None = None, configuration: Configuration = None
) -> dict[str, Any]:
    """Fail the region's cluster over to the instance that wrote before the drill; nothing to do if it writes.

    :param region: ``primary``, ``standby`` or a region's name
    :param instance: the instance that is to write; by default the one that wrote before this run's first failover
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    target = instance or _wrote_before(here, name)
    if target is None:
        return {"evidence": f"this run has not failed over inside {name}: nothing to do"}
    eventually(here, lambda: _is_ready(here, name, target))
    before = aurora.instances(here.topology, name).writer
    if before == target:
        return {"evidence": eventually(here, lambda: _accepts_writes(here, name, target, None))}
    call = Call(f"{MODULE}.fail_back_writer", {"region": name, "instance": target})
    return _fail_over(here, name, _intent(here, name, call, "undo", before, target), _server_if_any(here, name), target)


def _fail_over(here: Setting, region: str, intent: Intent, server: str | None, target: str | None) -> dict[str, Any]:
    """Fail over to ``target``, or to a reader of the service's choice; ``server`` is the old writer's address."""
    before = str(intent.before["instance"])

    def call() -> None:
        named = {} if target is None else {"TargetDBInstanceIdentifier": target}
        aws.client(here.topology, "rds", region).failover_db_cluster(
            DBClusterIdentifier=here.topology.regions[region].database.cluster, **named
        )
        # The service begins after it has answered: the fault's instant lies before it is first seen under way.
        eventually(here, lambda: _has_begun(here, region, before))

    def moved() -> str:
        writer = aurora.instances(here.topology, region).writer
        if writer == before or target not in (None, writer):
            raise NotProvedError(f"{writer} is still the writer in {region}")
        return _accepts_writes(here, region, writer, server)

    return act(here, intent, call, lambda: eventually(here, moved))


def _intent(here: Setting, region: str, call: Call, role: Role, before: str, after: str) -> Intent:
    cluster = here.topology.regions[region].database.cluster
    back = Call(f"{MODULE}.fail_back_writer", {"region": region, "instance": before})
    return Intent(
        call=call,
        subject=_subject(here, region),
        target=f"Aurora cluster {cluster}: writer from {before} to {after}",
        kind="revertible",
        role=role,
        layer="fault",
        before={"instance": before},
        inverse=back,
    )


def _subject(here: Setting, region: str) -> str:
    return f"writer instance of {here.topology.regions[region].database.cluster}"


def _wrote_before(here: Setting, region: str) -> str | None:
    """Return which instance wrote before the run's first failover inside the region; None where there was none."""
    subject = _subject(here, region)
    entries = [entry for entry in read(here.run_dir / FILE) if entry.intent.subject == subject]
    return str(entries[0].intent.before["instance"]) if entries else None


def _is_ready(here: Setting, region: str, instance: str) -> str:
    """Demand that nothing is under way in the cluster, and that the instance can be failed over to."""
    found = aurora.instances(here.topology, region)
    if found.status != "available":
        raise NotProvedError(f"the cluster in {region} is {found.status}")
    status = found.states.get(instance)
    if status != "available":
        raise NotProvedError(f"{instance} is {status or 'no member of the cluster'}")
    return f"{instance} is available"


def _has_begun(here: Setting, region: str, before: str) -> str:
    found = aurora.instances(here.topology, region)
    if found.status == "available" and found.writer == before:
        raise NotProvedError(f"the failover in {region} has not begun")
    return "the failover has begun"


def _accepts_writes(here: Setting, region: str, writer: str, old_server: str | None) -> str:
    """Ask the server behind the cluster's endpoint: it must be another one than before, and out of recovery."""
    server, in_recovery = _server(here, region)
    if server == old_server:
        raise NotProvedError(f"the cluster's endpoint in {region} still leads to the old writer's server {server}")
    if in_recovery:
        raise NotProvedError(f"the server {server} is still in recovery: it takes no writes")
    return f"{writer} is the writer in {region}, and its server {server} takes writes"


def _server_if_any(here: Setting, region: str) -> str | None:
    """Return the writer's address; None where it does not answer, since putting back must not rest on it."""
    try:
        return _server(here, region)[0]
    except (NotProvedError, OSError, LookupError, *aws.AwsError, *here.client_errors):
        return None


def _server(here: Setting, region: str) -> tuple[str, bool]:
    endpoint = aurora.endpoints(here.topology, region).writer
    with sql.connect(here.topology, region, endpoint) as connection:
        row = connection.execute("SELECT host(inet_server_addr()), pg_is_in_recovery()").fetchone()
    if row is None:
        raise NotProvedError(f"the server behind {endpoint} said nothing")
    return str(row[0]), bool(row[1])
