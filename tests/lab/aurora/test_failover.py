"""Losing the writer's region for real: what survives, what is counted, and the way back."""

import asyncio
import time

import pytest

from blackstart.lab.aurora import GlobalClusterStateError

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"


async def power_off_under_writes(database, acknowledged, seconds):
    writing = asyncio.create_task(database.write(PRIMARY, "before", acknowledged))
    await database.until(lambda: len(acknowledged.at) > 10)
    await asyncio.sleep(seconds)
    died = time.monotonic()
    await database.power_off(PRIMARY)
    await writing
    return died


def test_a_region_is_lost_and_comes_back_without_losing_what_had_arrived(with_database, acknowledged):
    async def scenario(database):
        died = await power_off_under_writes(database, acknowledged, 0.5)
        assert database.member(PRIMARY)["status"] == "unreachable"
        assert database.aurora.describe()["lag_ms"][STANDBY] is None

        await database.aurora.failover(STANDBY)
        assert database.aurora.describe()["failover_state"]["to_region"] == STANDBY
        with pytest.raises(GlobalClusterStateError, match="in progress"):
            await database.aurora.failover(STANDBY)
        await database.until(lambda: database.aurora.describe()["status"] == "available")

        lost = acknowledged.lost(await database.orders(STANDBY))
        assert all(died - acknowledged.at[key] < 0.1 for key in lost)
        assert (database.member(STANDBY)["role"], database.member(PRIMARY)["role"]) == ("writer", "reader")
        done = database.aurora.describe()["last_failover"]
        assert done["promoted_ns"] > done["started_ns"]
        assert done["commits_past_switch"] is None

        after = type(acknowledged)()
        await database.write(STANDBY, "after", after, count=20)
        await database.power_on(PRIMARY)
        assert database.member(PRIMARY)["status"] == "rejoining"
        await database.settled()
        assert database.member(PRIMARY)["status"] == "available"
        count = database.aurora.describe()["last_failover"]["commits_past_switch"]
        assert len(lost) <= count <= len(lost) + len(acknowledged.unknown)

        await switch_back(database, after)

    with_database(scenario)


async def switch_back(database, after):
    """Switch over to the old primary while somebody writes: nothing may be lost, on any instance."""
    writing = asyncio.create_task(database.write(STANDBY, "more", after))
    await database.until(lambda: len(after.at) > 30)
    await database.aurora.failover(PRIMARY, "switchover")
    await database.until(lambda: database.aurora.describe()["status"] == "switching-over")
    await writing
    await database.settled()
    assert not after.lost(await database.orders(PRIMARY))
    assert database.member(PRIMARY)["role"] == "writer"
    assert database.aurora.describe()["last_failover"]["commits_past_switch"] == 0
    await database.write(PRIMARY, "last", after, count=3)
    for region, number in ((PRIMARY, 2), (STANDBY, 1)):
        await arrived(database, region, number, "last-3")
    return after


async def arrived(database, region, number, key):
    deadline = time.monotonic() + 20
    while key not in await database.orders(region, number):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def test_a_second_of_delay_loses_a_second_of_commits_and_every_one_is_counted(with_database, acknowledged):
    async def scenario(database):
        await database.links.set_replication(delay_ms=1000)
        died = await power_off_under_writes(database, acknowledged, 2.5)
        await database.aurora.failover(STANDBY)
        await database.until(lambda: database.aurora.describe()["status"] == "available")
        survivors = await database.orders(STANDBY)
        lost = acknowledged.lost(survivors)
        assert 0.8 <= died - min(acknowledged.at[key] for key in lost) <= 1.4
        await database.power_on(PRIMARY)
        await database.until(lambda: database.aurora.describe()["last_failover"]["read_at_ns"] is not None)
        count = database.aurora.describe()["last_failover"]["commits_past_switch"]
        assert len(lost) <= count <= len(lost | (acknowledged.unknown - survivors))
        await database.settled()
        assert await database.orders(PRIMARY) == survivors

    with_database(scenario)


def test_a_standby_that_is_cut_off_loses_what_it_never_got_and_the_old_writer_is_fenced(with_database, acknowledged):
    async def scenario(database):
        await database.write(PRIMARY, "seen", acknowledged, count=5)
        await arrived(database, STANDBY, 1, "seen-5")
        path = f"{STANDBY}>{PRIMARY}:database-1"
        await database.links.set(path, state="black-hole")
        await database.write(PRIMARY, "unseen", acknowledged, count=40)
        await database.until(lambda: database.aurora.describe()["lag_ms"][STANDBY] > 100)
        assert database.member(STANDBY)["synchronization"] == "pending-resync"
        with pytest.raises(GlobalClusterStateError, match="only a failover"):
            await database.aurora.failover(STANDBY, "switchover")

        writing = asyncio.create_task(database.write(PRIMARY, "fenced", acknowledged))
        await database.until(lambda: len(acknowledged.at) > 60)
        await database.aurora.failover(STANDBY)
        await writing
        await database.settled()
        done = database.aurora.describe()["last_failover"]
        # The promotion takes two seconds more: nothing is acknowledged meanwhile.
        assert max(acknowledged.at.values()) < done["promoted_ns"] / 1e9 - 1
        survivors = await database.orders(STANDBY)
        lost = acknowledged.lost(survivors)
        assert survivors == {f"seen-{number}" for number in range(1, 6)}
        assert len(lost) <= done["commits_past_switch"] <= len(lost | acknowledged.unknown)
        assert await database.orders(PRIMARY) == survivors

    with_database(scenario, promotion_s=2)
