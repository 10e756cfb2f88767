"""What is kept of an old writer: all of its last state, served as an island while the old writer itself is rewound."""

import psycopg

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
RESTORED = 9


async def fail_over_with_loss(database, acknowledged):
    """Lose the primary's region while its orders have not arrived; return what only it held, when it is back."""
    await database.links.set(f"{STANDBY}>{PRIMARY}:database-1", state="black-hole")
    await database.write(PRIMARY, "unseen", acknowledged, count=40)
    await database.power_off(PRIMARY)
    await database.aurora.failover(STANDBY)
    await database.until(lambda: database.aurora.describe()["status"] == "available")
    assert database.aurora.describe()["snapshots"] == []
    await database.power_on(PRIMARY)
    await database.settled()
    return acknowledged.lost(await database.orders(STANDBY))


def test_the_old_writer_s_last_state_can_be_read_after_it_was_rewound(with_database, acknowledged):
    async def scenario(database):
        await database.write(PRIMARY, "seen", acknowledged, count=5)
        lost = await fail_over_with_loss(database, acknowledged)
        assert lost == {f"unseen-{number}" for number in range(1, 41)}
        (kept,) = database.aurora.describe()["snapshots"]
        assert kept["region"] == PRIMARY
        assert kept["name"].startswith(f"rds:unplanned-global-failover-shop-{PRIMARY}-")
        assert kept["commits_past_switch"] == 40

        database.aurora.restore_snapshot(kept["name"], "island")
        await database.until(lambda: [one["status"] for one in database.aurora.describe()["restored"]] == ["available"])
        survivors = await database.orders(STANDBY)
        assert await database.orders(PRIMARY, RESTORED) == survivors | lost
        assert await database.orders(PRIMARY) == survivors
        await is_an_island(database)

        await database.aurora.discard_restored(PRIMARY, "another")
        assert database.aurora.restored_cluster(PRIMARY) == "island"
        await database.aurora.discard_restored(PRIMARY, "island")
        assert database.aurora.describe()["restored"] == []
        assert not (database.state / f"aurora/{PRIMARY}-{RESTORED}").exists()
        await database.aurora.discard_restored(PRIMARY, "island")

    with_database(scenario)


async def is_an_island(database):
    """What the restored server writes reaches nobody, and what the writer writes does not reach it."""
    async with await database.connect(PRIMARY, RESTORED) as connection:
        await connection.execute("INSERT INTO orders (key, seq) VALUES ('island', 1)")
    async with await database.connect(STANDBY) as connection:
        await connection.execute("INSERT INTO orders (key, seq) VALUES ('main', 1)")
    assert "main" not in await database.orders(PRIMARY, RESTORED)
    assert "island" not in await database.orders(STANDBY)


def test_a_restored_server_dies_with_its_region(with_database, acknowledged):
    async def scenario(database):
        await fail_over_with_loss(database, acknowledged)
        (kept,) = database.aurora.describe()["snapshots"]
        database.aurora.restore_snapshot(kept["name"], "island")
        await database.until(lambda: [one["status"] for one in database.aurora.describe()["restored"]] == ["available"])
        await database.power_off(PRIMARY)
        (restored,) = database.aurora.describe()["restored"]
        assert restored["status"] == "creating"
        try:
            await database.orders(PRIMARY, RESTORED)
        except psycopg.OperationalError:
            return
        raise AssertionError("the restored server outlived its region")

    with_database(scenario)


def test_a_switchover_keeps_nothing(with_database, acknowledged):
    async def scenario(database):
        await database.write(PRIMARY, "before", acknowledged, count=3)
        await database.aurora.failover(STANDBY, "switchover")
        await database.settled()
        assert database.aurora.describe()["snapshots"] == []

    with_database(scenario)
