"""A failover inside the writer's region: another instance writes, nothing acknowledged is lost, all else follows."""

import asyncio
import time

import pytest

from blackstart.lab.aurora.errors import ClusterStateError
from blackstart.lab.aurora.instance import Source
from blackstart.lab.layout import CLIENT_VIEW
from blackstart.outcome import UsageError

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
WRITER, READER = f"shop-{PRIMARY}-1", f"shop-{PRIMARY}-2"


def roles(database, region=PRIMARY):
    return {instance["id"]: instance["role"] for instance in database.member(region)["instances"]}


async def taken_over(database, target=None):
    """Fail over inside the primary region, and wait until all is well again."""
    await database.aurora.fail_over_writer(PRIMARY, target)
    await database.until(lambda: database.member(PRIMARY)["status"] == "available")
    await database.settled()


async def under_writes(database, acknowledged, tag, number):
    """Begin to write to an instance; return the writing when some orders are in."""
    enough = len(acknowledged.at) + 20
    writing = asyncio.create_task(database.write(PRIMARY, tag, acknowledged, number=number))
    await database.until(lambda: len(acknowledged.at) >= enough)
    return writing


async def cut_off(database, state):
    for path in (f"{STANDBY}>{PRIMARY}:database-1", f"{STANDBY}>{PRIMARY}:database-2"):
        await database.links.set(path, state=state)


def test_the_reader_takes_over_with_everything_and_gives_it_back(with_database, acknowledged):
    async def scenario(database):
        writing = await under_writes(database, acknowledged, "there", 1)
        await taken_over(database)
        await writing
        assert roles(database) == {WRITER: "reader", READER: "writer"}
        assert not acknowledged.lost(await database.orders(PRIMARY, 2))
        writing = await under_writes(database, acknowledged, "back", 2)
        await taken_over(database, WRITER)
        await writing
        assert roles(database) == {WRITER: "writer", READER: "reader"}
        await database.write(PRIMARY, "after", acknowledged, count=5)
        await everywhere(database, acknowledged)
        done = database.aurora.describe()["writer_failovers"]
        assert [(each["from_instance"], each["to_instance"]) for each in done] == [(WRITER, READER), (READER, WRITER)]
        assert all(each["promoted_ns"] > each["struck_ns"] for each in done)
        assert database.aurora.describe()["last_failover"] is None

    with_database(scenario)


async def everywhere(database, acknowledged):
    """Demand that every instance of both regions gets every acknowledged order."""
    for region, number in ((PRIMARY, 1), (PRIMARY, 2), (STANDBY, 1)):
        deadline = time.monotonic() + 20
        while acknowledged.lost(await database.orders(region, number)):
            assert time.monotonic() < deadline, (region, number)
            await asyncio.sleep(0.05)


def test_the_endpoints_follow_the_roles_in_every_view(with_database):
    async def scenario(database):
        layout, aurora = database.layout, database.aurora
        await taken_over(database)
        view = layout.view(PRIMARY)
        assert aurora.writer_address(PRIMARY, view) == layout.instance(PRIMARY, 2)
        assert aurora.writer_address(PRIMARY, CLIENT_VIEW) == layout.instance_link(CLIENT_VIEW, PRIMARY, 2)
        assert aurora.reader_addresses(PRIMARY, view) == [layout.instance(PRIMARY, 1)]
        await database.processes.kill(f"postgres-{PRIMARY}-1")
        await database.until(lambda: aurora.reader_addresses(PRIMARY, view) == [layout.instance(PRIMARY, 2)])

    with_database(scenario)


def test_a_writer_that_crashed_has_lost_nothing_when_the_reader_takes_over(with_database, acknowledged):
    async def scenario(database):
        writing = await under_writes(database, acknowledged, "crashed", 1)
        await database.processes.kill(f"postgres-{PRIMARY}-1")
        await writing
        await taken_over(database)
        assert roles(database)[READER] == "writer"
        assert not acknowledged.lost(await database.orders(PRIMARY, 2))

    with_database(scenario)


def test_a_reader_to_which_nothing_streams_any_more_has_everything_all_the_same(with_database, acknowledged):
    async def scenario(database):
        reader = database.aurora._cluster.followers(PRIMARY)[0]
        reader.reconnect(Source(f"127.{database.layout.block}.0.99", 1))
        await database.until(lambda: not database.aurora.ready())
        await database.write(PRIMARY, "unseen", acknowledged, count=300)
        assert acknowledged.lost(await database.orders(PRIMARY, 2))
        await taken_over(database)
        assert not acknowledged.lost(await database.orders(PRIMARY, 2))
        await everywhere(database, acknowledged)

    with_database(scenario)


def test_what_cannot_take_over_is_refused_and_the_writer_goes_on(with_database, acknowledged):
    async def scenario(database):
        for region, target, words, code in (
            (STANDBY, None, "not the cluster that writes", "InvalidDBClusterStateFault"),
            (PRIMARY, WRITER, "is no reader", "InvalidDBInstanceState"),
            (PRIMARY, "shop-nowhere-1", "is no reader", "InvalidDBInstanceState"),
        ):
            with pytest.raises(ClusterStateError, match=words) as caught:
                await database.aurora.fail_over_writer(region, target)
            assert caught.value.code == code
        with pytest.raises(UsageError, match="eu-west-1"):
            await database.aurora.fail_over_writer("mars")
        await database.processes.kill(f"postgres-{PRIMARY}-2")
        with pytest.raises(ClusterStateError, match="nothing to fail over to"):
            await database.aurora.fail_over_writer(PRIMARY)
        await database.write(PRIMARY, "on", acknowledged, count=3)
        assert len(acknowledged.at) == 3
        assert database.aurora.describe()["writer_failovers"] == []

    with_database(scenario)


def test_while_one_is_under_way_there_is_no_other_and_no_switchover(with_database):
    async def scenario(database):
        await database.aurora.fail_over_writer(PRIMARY)
        assert database.member(PRIMARY)["status"] == "failing-over"
        assert database.aurora.describe()["status"] == "available"
        with pytest.raises(ClusterStateError, match="in progress"):
            await database.aurora.fail_over_writer(PRIMARY)
        with pytest.raises(Exception, match="inside eu-west-1 is in progress"):
            await database.aurora.failover(STANDBY, "switchover")
        await database.settled()

    with_database(scenario, takeover_s=0.5)


@pytest.mark.proof
def test_the_region_can_be_lost_and_rejoins_after_a_takeover(with_database, acknowledged):
    async def scenario(database):
        await taken_over(database)
        writing = await under_writes(database, acknowledged, "before", 2)
        await database.power_off(PRIMARY)
        await writing
        await failed_over(database)
        lost = acknowledged.lost(await database.orders(STANDBY))
        await database.power_on(PRIMARY)
        await database.settled()
        count = database.aurora.describe()["last_failover"]["commits_past_switch"]
        assert len(lost) <= count <= len(lost | acknowledged.unknown)
        await database.aurora.failover(PRIMARY, "switchover")
        await database.settled()
        assert roles(database) == {WRITER: "reader", READER: "writer"}
        await taken_over(database, WRITER)
        assert await database.orders(PRIMARY) == await database.orders(STANDBY)

    with_database(scenario)


async def failed_over(database):
    await database.aurora.failover(STANDBY)
    await database.until(lambda: database.aurora.describe()["status"] == "available")


@pytest.mark.proof
def test_a_standby_that_never_heard_of_the_takeover_can_be_promoted_and_the_old_region_rejoins(
    with_database, acknowledged
):
    """Both promotions left the same timeline: they must not take the same number, and every lost commit counts."""

    async def scenario(database):
        await database.write(PRIMARY, "kept", acknowledged, count=3)
        await everywhere(database, acknowledged)
        await cut_off(database, "black-hole")
        await database.write(PRIMARY, "lost", acknowledged, count=5)
        await database.aurora.fail_over_writer(PRIMARY)
        await database.until(lambda: database.member(PRIMARY)["status"] == "available")
        await database.write(PRIMARY, "lost-too", acknowledged, count=7, number=2)
        await database.power_off(PRIMARY)
        await failed_over(database)
        assert await database.orders(STANDBY) == {f"kept-{number}" for number in (1, 2, 3)}
        await cut_off(database, "open")
        after = type(acknowledged)()
        await database.write(STANDBY, "new", after, count=3)
        await database.power_on(PRIMARY)
        await database.settled()
        assert database.aurora.describe()["last_failover"]["commits_past_switch"] == 12
        survivors = await database.orders(STANDBY)
        assert len(survivors) == 6
        assert await database.orders(PRIMARY, 1) == await database.orders(PRIMARY, 2) == survivors

    with_database(scenario)


@pytest.mark.proof
@pytest.mark.parametrize("moment", ["begun", "drained", "leading"])
def test_a_region_that_is_struck_in_the_middle_comes_back_with_one_writer_and_everything(
    with_database, acknowledged, moment
):
    async def scenario(database):
        writing = await under_writes(database, acknowledged, "struck", 1)
        await database.aurora.fail_over_writer(PRIMARY)
        if moment == "drained":
            await writing
        if moment == "leading":
            await database.until(lambda: roles(database)[READER] == "writer")
        await database.power_off(PRIMARY)
        await writing
        await database.power_on(PRIMARY)
        await database.until(lambda: database.member(PRIMARY)["status"] == "available")
        await database.settled()
        number = 2 if moment == "leading" else 1
        assert roles(database)[f"shop-{PRIMARY}-{number}"] == "writer"
        await database.write(PRIMARY, "after", acknowledged, count=3, number=number)
        await everywhere(database, acknowledged)

    with_database(scenario, takeover_s=0.3)


@pytest.mark.proof
def test_a_region_that_hangs_just_when_the_reader_leads_has_its_writer_when_it_goes_on(with_database, acknowledged):
    async def scenario(database):
        await database.aurora.fail_over_writer(PRIMARY)
        await database.until(lambda: roles(database)[READER] == "writer")
        await database.hang(PRIMARY)
        await database.wake(PRIMARY)
        await database.until(lambda: database.member(PRIMARY)["status"] == "available")
        await database.settled()
        await database.write(PRIMARY, "after", acknowledged, count=3, number=2)
        assert len(acknowledged.at) == 3
        await everywhere(database, acknowledged)

    with_database(scenario)


@pytest.mark.proof
def test_a_disaster_failover_ends_a_takeover_that_is_under_way(with_database):
    async def scenario(database):
        await database.aurora.fail_over_writer(PRIMARY)
        await failed_over(database)
        await database.settled()
        assert database.member(STANDBY)["role"] == "writer"
        assert database.aurora.describe()["writer_failovers"] == []

    with_database(scenario, takeover_s=30)
