"""The drill of a failover inside the primary region: met in a lab that is well, and how it fails as it should."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.driver import Driver
from blackstart import topology
from blackstart.platform import aurora, sql

NAME, PRIMARY = "aurora-writer-loss", "eu-west-1"
WRITER, READER = f"shop-{PRIMARY}-1", f"shop-{PRIMARY}-2"

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(300), pytest.mark.usefixtures("unchanged")]


def test_the_reader_takes_over_and_gives_back_and_nothing_is_lost_either_way(driver: Driver) -> None:
    before = len(_kills(driver))
    drill = driver.drill(NAME)
    assert drill.exit_code == 0, drill.output + drill.reasons
    assert drill.verdict is not None
    assert drill.verdict["outcome"] == "met"
    orders = drill.verdict["stores"]["orders"]
    assert orders["acknowledged"] > 100
    assert orders["lost"] == orders["lost_at_most"] == 0
    there, back = drill.verdict["recoveries"]
    assert all(0 < each["rto"]["latest_s"] <= 10 for each in (there, back))
    assert all(each["downtime"]["earliest_s"] > 0 for each in (there, back))
    # The lab knows when it killed which writer: each instant lies within what the record says of that act.
    kills, zero = _kills(driver)[before:], drill.verdict["clock"]["monotonic_zero_ns"]
    assert [kill["instance"] for kill in kills] == [WRITER, READER]
    for incident, kill in zip((there, back), kills, strict=True):
        assert incident["at"]["earliest_s"] <= (kill["t"] - zero) / 1e9 <= incident["at"]["latest_s"]


def test_a_cluster_whose_only_reader_hangs_is_not_failed_over_and_never_met(driver: Driver) -> None:
    before = len(_kills(driver))
    with _hung_reader(driver):
        drill = driver.drill(NAME)
    assert drill.exit_code == 3, drill.output
    assert drill.verdict is not None
    assert drill.verdict["outcome"] == "inconclusive"
    assert "there is nothing to fail over to" in drill.reasons
    assert len(_kills(driver)) == before


def test_an_order_that_the_new_writer_does_not_have_is_counted_and_missed(driver: Driver) -> None:
    drill = driver.disturbed_drill("orders are taken again, by the old writer", lambda: _lose_an_order(driver), NAME)
    assert drill.exit_code == 1, drill.output
    assert drill.verdict is not None
    assert drill.verdict["outcome"] == "missed"
    assert drill.verdict["stores"]["orders"]["lost"] == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 5), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_drill_that_is_stopped_after_the_failover_gives_back(
    driver: Driver, number: signal.Signals, code: int
) -> None:
    drill = driver.interrupted_drill("orders are taken again, by the new writer", number, NAME)
    assert drill.exit_code == code, drill.output
    if number == signal.SIGKILL:
        assert driver.configuration()["database_roles"][READER] == "writer"
    restored = driver.command("restore", str(drill.run_dir))
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert driver.configuration()["database_roles"][WRITER] == "writer"


def _kills(driver: Driver) -> list[dict[str, object]]:
    return [entry for entry in driver.status()["truth"] if entry["what"] == "writer killed"]


@contextmanager
def _hung_reader(driver: Driver) -> Iterator[None]:
    """Stop the reader's server and all its children where they stand, until the service sees it."""
    (server,) = [part["pid"] for part in driver.status()["parts"] if part["name"] == f"postgres-{PRIMARY}-2"]
    processes = [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        _until_unavailable(driver)
        yield
    finally:
        for process in reversed(processes):
            os.kill(process, signal.SIGCONT)


def _until_unavailable(driver: Driver) -> None:
    system = topology.load(Path(driver.status()["urls"]["topology"]))
    deadline = time.monotonic() + 60
    while aurora.instances(system, PRIMARY).states[READER] == "available":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _lose_an_order(driver: Driver) -> None:
    """Take from the writer an order that it has acknowledged, as a failover that loses one would."""
    system = topology.load(Path(driver.status()["urls"]["topology"]))
    with sql.connect(system, PRIMARY, aurora.endpoints(system, PRIMARY).writer) as connection:
        lost = connection.execute(
            "DELETE FROM orders WHERE id = (SELECT max(id) - 20 FROM orders) RETURNING seq"
        ).fetchall()
    assert len(lost) == 1
