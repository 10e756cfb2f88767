"""A region's way back when something happens on it: another power change, a closed link, a move under way."""

import asyncio
import time

import pytest

pytestmark = pytest.mark.proof
PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
REWIND, COPY = (f"{what}-shop-{PRIMARY}-1" for what in ("rewind", "copy"))
BOTH_WAYS = (f"{PRIMARY}>{STANDBY}", f"{STANDBY}>{PRIMARY}")


async def failed_over(database):
    """Lose the writer's region, and let the other one take over."""
    await database.power_off(PRIMARY)
    await database.aurora.failover(STANDBY)
    await database.until(lambda: database.aurora.describe()["status"] == "available")


def started(database):
    return {child.name for child in database.processes.children}


async def rewinding(database):
    """Return in the middle of a rewind."""
    deadline = time.monotonic() + 30
    while not database.processes.alive(REWIND):
        assert time.monotonic() < deadline, database.aurora.describe()
        await asyncio.sleep(0.001)


def test_a_region_that_returns_during_a_failover_is_not_waited_for_and_rejoins_once(with_database, acknowledged):
    async def scenario(database):
        await database.write(PRIMARY, "kept", acknowledged, count=3)
        await database.hang(PRIMARY)
        await database.aurora.failover(STANDBY)
        await database.wake(PRIMARY)
        assert database.aurora.describe()["failover_state"] is not None
        # Deposed: it does not go on where it was.
        assert not database.processes.alive(f"postgres-{PRIMARY}-1")
        await database.wake(PRIMARY)
        await database.settled()
        assert database.member(PRIMARY)["status"] == "available"
        assert database.member(PRIMARY)["problem"] is None
        assert database.aurora.describe()["last_failover"]["commits_past_switch"] is not None

    with_database(scenario, promotion_s=1)


def test_a_rejoin_that_is_begun_again_half_way_ends_well(with_database):
    async def scenario(database):
        await failed_over(database)
        await database.power_on(PRIMARY)
        await rewinding(database)
        await database.aurora.revive_region(PRIMARY)
        await database.settled()
        assert COPY not in started(database)

    with_database(scenario)


def test_a_region_that_hangs_while_it_rejoins_leaves_no_rewind_that_writes_on_later(with_database):
    async def scenario(database):
        await failed_over(database)
        await database.power_on(PRIMARY)
        await rewinding(database)
        await database.hang(PRIMARY)
        assert not database.processes.alive(REWIND)
        await database.wake(PRIMARY)
        await database.settled()

    with_database(scenario)


def test_a_region_that_is_struck_while_it_rejoins_starts_nothing_any_more(with_database):
    async def scenario(database):
        await failed_over(database)
        await database.power_on(PRIMARY)
        await rewinding(database)
        await database.power_off(PRIMARY)
        alive = {child.name for child in database.processes.children if database.processes.alive(child.name)}
        assert alive == {"links", f"postgres-{STANDBY}-1"}
        assert COPY not in started(database)
        await database.power_on(PRIMARY)
        await database.settled()

    with_database(scenario)


def test_a_rejoin_that_cannot_reach_the_writer_says_so_and_is_tried_again_but_copies_nothing(with_database):
    async def scenario(database):
        await failed_over(database)
        path = f"{PRIMARY}>{STANDBY}:database-1"
        await database.links.set(path, state="refuse")
        await database.power_on(PRIMARY)
        await database.until(lambda: "pg_rewind failed" in (database.member(PRIMARY)["problem"] or ""))
        await database.links.set(path, state="open")
        await database.settled()
        assert COPY not in started(database)
        assert database.member(PRIMARY)["problem"] is None

    with_database(scenario)


def test_a_rejoin_whose_programs_cannot_be_started_yet_is_tried_again(with_database):
    async def scenario(database):
        await failed_over(database)
        await database.links.open_region(PRIMARY)
        await database.aurora.revive_region(PRIMARY)
        await database.until(lambda: "off or hangs" in (database.member(PRIMARY)["problem"] or ""))
        assert database.member(PRIMARY)["status"] == "rejoining"
        database.processes.open_group(PRIMARY)
        await database.settled()
        assert database.member(PRIMARY)["problem"] is None

    with_database(scenario)


def test_a_rejoin_whose_files_are_beyond_rewinding_copies_the_writers(with_database):
    async def scenario(database):
        await failed_over(database)
        (database.state / "aurora" / f"{PRIMARY}-1" / "global/pg_control").unlink()
        await database.power_on(PRIMARY)
        await database.settled()
        assert COPY in started(database)

    with_database(scenario)


def test_a_switchover_whose_target_is_lost_just_after_the_promotion_leaves_no_region_down(with_database):
    async def scenario(database):
        await database.aurora.failover(STANDBY, "switchover")
        deadline = time.monotonic() + 30
        while database.member(STANDBY)["role"] != "writer":
            assert time.monotonic() < deadline
            await asyncio.sleep(0)
        await database.power_off(STANDBY)
        await database.until(lambda: database.member(PRIMARY)["status"] == "available")
        await database.power_on(STANDBY)
        await database.settled()
        assert database.member(STANDBY)["role"] == "writer"
        assert database.aurora.describe()["last_failover"]["commits_past_switch"] == 0

    with_database(scenario)


def test_an_old_writer_that_nothing_reaches_goes_on_and_is_counted_at_its_comeback(with_database, acknowledged):
    async def scenario(database):
        between = [name for name in database.links.snapshot() if name.split(":")[0] in BOTH_WAYS]
        assert len(between) == 3
        for path in between:
            await database.links.set(path, state="black-hole")
        writing = asyncio.create_task(database.write(PRIMARY, "alone", acknowledged))
        await database.until(lambda: acknowledged.at)
        await database.aurora.failover(STANDBY)
        await database.until(lambda: database.aurora.describe()["status"] == "available")
        promoted = database.aurora.describe()["last_failover"]["promoted_ns"] / 1e9
        await database.until(lambda: max(acknowledged.at.values()) > promoted + 1)
        assert database.member(PRIMARY)["status"] == "rejoining"
        for path in between:
            await database.links.set(path, state="open")
        await writing
        await database.settled()
        survivors = await database.orders(STANDBY)
        lost = acknowledged.lost(survivors)
        assert lost == set(acknowledged.at)
        count = database.aurora.describe()["last_failover"]["commits_past_switch"]
        assert len(lost) <= count <= len(lost | acknowledged.unknown)
        assert await database.orders(PRIMARY) == survivors

    with_database(scenario)
