"""Whether a cache answers, asked at real sockets that behave in various ways."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from blackstart import topology
from blackstart.platform import silence
from blackstart.topology import Topology
from tests.topology_data import topology_data


@contextmanager
def served(behave: Callable[[socket.socket], None]) -> Iterator[Topology]:
    """Yield a topology whose primary's cache behaves so towards its first client."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                behave(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield with_cache(f"127.0.0.1:{port}")


def with_cache(endpoint: str) -> Topology:
    data = topology_data()
    data["regions"][data["primary"]]["cache"] = {"endpoint": endpoint}
    return topology.parse(data, "t")


@pytest.mark.parametrize("word", [b"+PONG\r\n", b"-NOAUTH Authentication required.\r\n"])
def test_any_word_of_the_cache_is_a_sign_of_life(word: bytes) -> None:
    def answers(connection: socket.socket) -> None:
        assert connection.recv(64) == b"*1\r\n$4\r\nPING\r\n"
        connection.sendall(word)

    with served(answers) as system:
        assert silence.cache(system) is None


def test_a_cache_that_hangs_is_silent() -> None:
    hung_up = threading.Event()
    with served(lambda _: hung_up.wait(10) and None) as system:
        assert "gave no answer (TimeoutError)" in str(silence.cache(system))
        hung_up.set()


def test_a_cache_that_hangs_up_is_silent() -> None:
    with served(lambda connection: None) as system:
        said = str(silence.cache(system))
    assert "hung up without an answer" in said or "ConnectionResetError" in said


def test_a_cache_that_is_not_there_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "gave no answer (ConnectionRefusedError)" in str(silence.cache(with_cache(f"127.0.0.1:{port}")))


def test_a_cache_that_nobody_named_is_not_silent_but_unknown() -> None:
    data = topology_data()
    del data["regions"][data["primary"]]["cache"]
    with pytest.raises(LookupError, match=r"regions\.eu-west-1\.cache is not in topology"):
        silence.cache(topology.parse(data, "t"))
