"""The SQL ledger against a real PostgreSQL: what it says was committed is there, whatever becomes of the server."""

import itertools
import time
from contextlib import contextmanager

import pytest

from blackstart.history import History, WriteOutcome
from blackstart.observer.exchange import Failure
from blackstart.observer.plan import Plan
from blackstart.observer.supervision import Observer
from blackstart.outcome import UsageError
from blackstart.platform import islands
from tests.postgresql import HOST, server

STATEMENT = "INSERT INTO orders (run, writer, seq) VALUES (%(run)s, %(writer)s, %(seq)s)"
LEDGERS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'blackstart-ledger'"
QUERY = "SELECT writer, seq FROM orders WHERE run = %(run)s"


def plan(port, out, statement=STATEMENT, host=HOST, **more):
    database = {"host": host, "port": port, "database": "postgres", "user": "postgres", "password": "secret"}
    ledger = {"kind": "sql", "name": "rows", "run": "this", "database": database | {"statement": statement}}
    ledger |= {"writers": 4, "rate_per_s": 200, "timeout_s": 1.0} | more
    return Plan.from_json({"served_by": ["eu-west-1"], "ledgers": [ledger], "out": str(out)})


@pytest.fixture
def database(tmp_path):
    with server(tmp_path / "postgresql") as made:
        with made.connect() as connection:
            connection.execute("CREATE TABLE orders (run text, writer int, seq bigint)")
        yield made


@contextmanager
def observing(the_plan, folder):
    observer = Observer(the_plan, folder)
    observer.start()
    try:
        yield observer
    finally:
        observer.stop()


def until(observer, outcome, count, patience_s=30):
    deadline = time.monotonic() + patience_s
    while ((observer.state or {}).get("ledgers", {}).get("rows", {}).get(outcome, 0)) < count:
        assert time.monotonic() < deadline, observer.state
        time.sleep(0.02)


def written(folder):
    history = History.open(folder / "history")
    assert not history.missing
    return history.ledgers["rows"]


def keys(ledger, rows):
    return set(zip(ledger.writer[rows].tolist(), ledger.seq[rows].tolist(), strict=True))


def there(database):
    with database.connect() as connection:
        found = islands.read(connection, QUERY, {"run": "this"})
    assert found.duplicates == 0
    return {(writer, seq) for writer, spans in found.ranges.items() for a, b in spans for seq in range(a, b + 1)}


def test_every_acknowledged_write_is_there_and_no_failed_one(database, tmp_path):
    with observing(plan(database.port, tmp_path), tmp_path) as observer:
        until(observer, "acknowledged", 100)
    ledger = written(tmp_path)
    assert keys(ledger, ledger.acknowledged) == there(database)
    assert not (ledger.unknown & (ledger.sent > 0)).any()
    assert (ledger.done[ledger.acknowledged] > ledger.sent[ledger.acknowledged]).all()


def test_a_server_that_is_killed_and_comes_back_loses_nothing_that_was_acknowledged(database, tmp_path):
    with observing(plan(database.port, tmp_path), tmp_path) as observer:
        for number in (1, 2, 3):
            until(observer, "acknowledged", number * 80)
            database.kill()
            until(observer, "failed", number * 20)
            database.start()
        until(observer, "acknowledged", 320)
    ledger, survivors = written(tmp_path), there(database)
    assert keys(ledger, ledger.acknowledged) <= survivors
    assert not keys(ledger, ledger.failed) & survivors
    assert survivors <= keys(ledger, ledger.acknowledged | ledger.unknown)
    assert set(ledger.error[ledger.failed].tolist()) <= {Failure.REFUSED, Failure.RESET}


def test_a_commit_that_hangs_is_unknown_and_an_insert_that_hangs_has_failed(database, tmp_path):
    """A synchronous standby that is not there holds every COMMIT; a lock holds every INSERT."""
    with observing(plan(database.port, tmp_path), tmp_path) as observer, database.connect() as connection:
        until(observer, "acknowledged", 20)
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        connection.execute("SELECT pg_reload_conf()")
        until(observer, "unknown", 4)
        connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
        connection.execute("SELECT pg_reload_conf()")
        known = observer.state["ledgers"]["rows"]["acknowledged"]
        until(observer, "acknowledged", known + 40)
        with connection.transaction():
            connection.execute("LOCK TABLE orders")
            until(observer, "failed", 8)
    ledger, survivors = written(tmp_path), there(database)
    unknown = keys(ledger, (ledger.outcome == WriteOutcome.UNKNOWN) & (ledger.sent > 0))
    assert len(unknown) >= 4
    assert unknown & survivors
    assert keys(ledger, ledger.acknowledged) <= survivors
    assert not keys(ledger, ledger.failed) & survivors


def test_what_the_database_refuses_has_failed_and_the_connection_lives_on(database, tmp_path):
    odd = STATEMENT.replace("%(seq)s)", "CASE WHEN %(seq)s::int %% 2 = 0 THEN %(seq)s::bigint / 0 ELSE %(seq)s END)")
    with observing(plan(database.port, tmp_path, odd), tmp_path) as observer:
        until(observer, "acknowledged", 30)
    ledger = written(tmp_path)
    assert {seq % 2 for _, seq in keys(ledger, ledger.acknowledged)} == {1}
    assert {seq % 2 for _, seq in keys(ledger, ledger.failed)} == {0}
    assert set(ledger.error[ledger.failed].tolist()) == {Failure.OTHER}


def test_a_database_that_is_not_there_fails_every_write(tmp_path):
    with observing(plan(1, tmp_path), tmp_path) as observer:
        until(observer, "failed", 20)
    ledger = written(tmp_path)
    assert not ledger.acknowledged.any()
    assert set(ledger.error[ledger.failed].tolist()) == {Failure.REFUSED}


def test_the_password_is_not_kept_with_the_evidence(database, tmp_path):
    with observing(plan(database.port, tmp_path), tmp_path) as observer:
        until(observer, "acknowledged", 1)
    text = (tmp_path / "history/plan.json").read_text()
    assert "secret" not in text
    assert "(redacted)" in text


def test_a_plan_stands_as_it_was_written(tmp_path):
    made = plan(5432, tmp_path)
    assert Plan.from_json(made.as_json()) == made


@pytest.mark.parametrize("field", ["host", "database", "user", "statement"])
def test_a_plan_without_what_a_connection_needs_is_refused(tmp_path, field):
    data = plan(5432, tmp_path).as_json()
    data["ledgers"][0]["database"][field] = ""
    with pytest.raises(UsageError, match=field):
        Plan.from_json(data)


def test_a_database_that_hangs_fails_the_waiting_writes_in_time_and_leaves_no_hole(database, tmp_path):
    """What is due while its connection is taken has failed by its own deadline: nothing is left out."""
    with observing(plan(database.port, tmp_path), tmp_path) as observer, database.connect() as connection:
        until(observer, "acknowledged", 40)
        with connection.transaction():
            connection.execute("LOCK TABLE orders")
            time.sleep(2.5)
        until(observer, "acknowledged", 80)
    ledger = written(tmp_path)
    took = ledger.done[ledger.failed] - ledger.scheduled[ledger.failed]
    assert len(took) > 100
    assert took.max() > 0.9e9
    # A timeout is one: who is told at once that there is no connection any more was refused.
    timed_out = ledger.error[ledger.failed] == Failure.TIMEOUT
    assert timed_out.any()
    assert (took[timed_out] > 0.9e9).all()
    scheduled = sorted(ledger.scheduled[ledger.sent > 0].tolist())
    steps = [b - a for a, b in itertools.pairwise(scheduled)]
    assert sorted(steps)[len(steps) // 2] == pytest.approx(5e6, rel=0.01)
    assert max(steps) < 1e9


def test_a_server_that_became_a_reader_is_left_for_where_the_name_leads(database, tmp_path):
    with observing(plan(database.port, tmp_path), tmp_path) as observer:
        until(observer, "acknowledged", 20)
        with database.connect() as connection:
            before = {pid for (pid,) in connection.execute(LEDGERS).fetchall()}
            connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            connection.execute("SELECT pg_reload_conf()")
            until(observer, "failed", 20)
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute("SELECT pg_reload_conf()")
            until(observer, "acknowledged", 60)
            deadline = time.monotonic() + 30
            while before & {pid for (pid,) in connection.execute(LEDGERS).fetchall()}:
                assert time.monotonic() < deadline
                time.sleep(0.1)
    ledger = written(tmp_path)
    assert keys(ledger, ledger.acknowledged) == there(database)
