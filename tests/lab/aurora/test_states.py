"""What the control plane refuses, what it tells, and what a killed lab leaves behind."""

import asyncio
from pathlib import Path

import pytest

from blackstart.lab.aurora import GlobalClusterStateError
from blackstart.lab.plant import sharedmemory
from blackstart.outcome import UsageError

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"


def segments():
    return {int(line.split()[1]) for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}


def test_a_new_cluster_has_its_tables_and_says_who_writes(with_database):
    async def scenario(database):
        told = database.aurora.describe()
        assert (told["global_cluster"], told["status"], told["failover_state"]) == ("shop", "available", None)
        assert [(m["role"], m["synchronization"]) for m in told["members"]] == [
            ("writer", None),
            ("reader", "connected"),
        ]
        roles = {each["id"]: each["role"] for member in told["members"] for each in member["instances"]}
        assert list(roles.values()) == ["writer", "reader", "reader"]
        assert told["lag_ms"][PRIMARY] is None
        await database.until(lambda: database.aurora.describe()["lag_ms"][STANDBY] is not None)
        settings = database.state / "aurora" / f"{PRIMARY}-1" / "postgresql.auto.conf"
        async with await database.connect(PRIMARY) as connection:
            row = await (await connection.execute("SELECT count(*), min(price_cents) FROM catalogue")).fetchone()
            assert row == (20, 900)
            await database.until(lambda: "fsync = off" not in settings.read_text())
            while await (await connection.execute("SHOW fsync")).fetchone() != ("on",):  # noqa: ASYNC110 (the server tells, not an event)
                await asyncio.sleep(0.01)
        for region, number in ((PRIMARY, 2), (STANDBY, 1)):
            async with await database.connect(region, number) as connection:
                with pytest.raises(Exception, match="read-only"):
                    await connection.execute("INSERT INTO orders (key) VALUES ('x')")
        await refusals(database)
        await unpromotable(database)

    with_database(scenario)


async def refusals(database):
    aurora = database.aurora
    for target, mode in (("us-east-1", "failover"), (STANDBY, "leap")):
        with pytest.raises(UsageError):
            await aurora.failover(target, mode)
    for target, loss, reason in ((PRIMARY, True, "writer region already"), (STANDBY, False, "AllowDataLoss")):
        with pytest.raises(GlobalClusterStateError, match=reason) as caught:
            await aurora.failover(target, "failover", loss)
        assert caught.value.code == "InvalidGlobalClusterStateFault"
    await aurora.lose_region(STANDBY)
    for mode in ("failover", "switchover"):
        with pytest.raises(GlobalClusterStateError, match="does not answer"):
            await aurora.failover(STANDBY, mode)
    assert aurora.describe()["last_failover"] is None
    await aurora.revive_region(STANDBY)
    await database.settled()


async def unpromotable(database):
    """A standby that hangs is refused; one that dies after the move began is never reported as promoted."""
    aurora, name = database.aurora, f"postgres-{STANDBY}-1"
    database.processes.suspend_group(STANDBY)
    with pytest.raises(GlobalClusterStateError, match="does not answer"):
        await aurora.failover(STANDBY)
    database.processes.resume_group(STANDBY)
    await database.settled()
    await aurora.failover(STANDBY)
    await database.processes.kill(name)
    await asyncio.sleep(0.3)
    assert aurora.describe()["failover_state"]["status"] == "failing-over"
    assert aurora.describe()["last_failover"] is None
    # Its region is lost: the move is given up, and the fenced writer writes again.
    await aurora.lose_region(STANDBY)
    assert aurora.describe()["failover_state"] is None
    await database.until(lambda: database.member(PRIMARY)["status"] == "available")
    assert database.member(PRIMARY)["role"] == "writer"
    await aurora.revive_region(STANDBY)
    await database.settled()


def test_a_region_without_power_comes_back_as_it_was_when_nobody_failed_over(with_database, acknowledged):
    async def scenario(database):
        await database.write(PRIMARY, "kept", acknowledged, count=10)
        await database.power_off(PRIMARY)
        await database.power_on(PRIMARY)
        await database.settled()
        assert database.member(PRIMARY)["role"] == "writer"
        assert not acknowledged.lost(await database.orders(PRIMARY))
        await database.power_off(STANDBY)
        await database.write(PRIMARY, "missed", acknowledged, count=10)
        await database.power_on(STANDBY)
        await database.settled()
        await database.until(lambda: database.aurora.describe()["lag_ms"][STANDBY] == 0)
        assert not acknowledged.lost(await database.orders(STANDBY))

    with_database(scenario)


def test_a_hung_writer_is_no_writer_any_more_when_it_wakes(with_database, acknowledged):
    async def scenario(database):
        await database.hang(PRIMARY)
        await database.aurora.failover(STANDBY)
        await database.until(lambda: database.aurora.describe()["status"] == "available")
        await database.write(STANDBY, "new", acknowledged, count=3)
        await database.wake(PRIMARY)
        await database.settled()
        assert database.aurora.describe()["last_failover"]["commits_past_switch"] == 0
        assert await database.orders(PRIMARY) == set(acknowledged.at)

    with_database(scenario)


def test_nothing_is_left_in_memory_after_a_kill(with_database):
    async def scenario(database):
        names = [f"{PRIMARY}-1", f"{PRIMARY}-2", f"{STANDBY}-1"]
        folders = [database.state / "aurora" / name for name in names]
        owned = [sharedmemory.segments(folder) for folder in folders]
        assert [len(each) for each in owned] == [1, 1, 1]
        assert set().union(*owned) <= segments()
        servers = {name: process(database, f"postgres-{name}") for name in names}
        # Killed without anybody to sweep: what is left is found by the folder,
        await database.processes.kill_group(PRIMARY)
        assert owned[0] | owned[1] <= segments()
        sharedmemory.remove_of(folders[0], None)
        assert (owned[0] & segments(), owned[1] <= segments()) == (set(), True)
        # or by the process, where the server had no time to write its segment down.
        sharedmemory.remove_of(database.state / "nowhere", servers[names[1]])
        assert not owned[1] & segments()
        # A server that is started again sweeps up what its former self left.
        await database.processes.kill(f"postgres-{names[2]}")
        await database.aurora.revive_region(STANDBY)
        await database.until(lambda: sharedmemory.segments(folders[2]) - owned[2])
        assert not owned[2] & segments()

    with_database(scenario)


def process(database, name):
    return next(child.identity for child in database.processes.children if child.name == name)
