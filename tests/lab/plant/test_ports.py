import dataclasses
import socket

import pytest

from blackstart.lab.plant import ports
from blackstart.lab.specification import Specification
from blackstart.outcome import UsageError


def listen(host, port=0):
    listener = socket.socket()
    listener.bind((host, port))
    listener.listen()
    return listener


def test_two_claims_get_two_blocks():
    with (
        ports.claim(Specification(), range(117, 120)) as first,
        ports.claim(Specification(), range(117, 120)) as second,
    ):
        assert first.socket.getsockname()[0] == "127.117.0.2"
        assert second.socket.getsockname() == ("127.118.0.2", second.layout.ports.plant)


def test_a_block_is_claimed_whatever_ports_its_lab_has(monkeypatch):
    with listen("0.0.0.0") as other:
        monkeypatch.setattr(ports, "USUAL", dataclasses.replace(ports.USUAL, plant=other.getsockname()[1]))
        monkeypatch.setattr(ports, "EPHEMERAL", 65_000)
        with ports.claim(Specification(), [120]), pytest.raises(UsageError, match="no free block"):
            ports.claim(Specification(), [120])


@pytest.mark.parametrize(
    ("kind", "host"),
    [
        ("database", "127.120.2.31"),
        ("database", "127.120.0.62"),
        ("cache", "127.120.1.40"),
        ("kubernetes", "127.120.2.1"),
        ("admin", "127.120.1.11"),
        ("dns", "127.120.2.53"),
        ("http", "127.120.2.150"),
    ],
)
def test_a_port_that_is_taken_at_one_of_its_addresses_is_passed_over(kind, host):
    with listen(host, getattr(ports.USUAL, kind)), ports.claim(Specification(), [120]) as claim:
        assert getattr(claim.layout.ports, kind) != getattr(ports.USUAL, kind)


def test_a_block_is_free_again_when_its_claim_ends():
    for _ in range(2):
        with ports.claim(Specification(), [120]) as claim:
            assert claim.socket.getsockname()[0] == "127.120.0.2"


def test_no_free_block_is_said_in_one_line():
    with ports.claim(Specification(), [120]), pytest.raises(UsageError, match="no free block"):
        ports.claim(Specification(), [120])


def test_an_asked_port_in_use_is_refused_on_whatever_address():
    with listen("127.0.0.1") as other, pytest.raises(UsageError, match=f"port {other.getsockname()[1]} is in use"):
        ports.claim(Specification(api_port=other.getsockname()[1]), [120])


def test_an_asked_port_is_given():
    with listen("127.0.0.1") as other:
        free = other.getsockname()[1]
    with ports.claim(Specification(api_port=free), [120]) as claim:
        assert claim.layout.ports.api == free


def test_a_usual_port_that_something_holds_on_all_addresses_is_passed_over(monkeypatch):
    with listen("0.0.0.0") as other:
        held = other.getsockname()[1]
        monkeypatch.setattr(ports, "USUAL", dataclasses.replace(ports.USUAL, cache=held))
        monkeypatch.setattr(ports, "EPHEMERAL", 65_000)
        with ports.claim(Specification(), [120]) as claim:
            assert claim.layout.ports.cache != held
            with listen(claim.layout.cache("eu-west-1"), claim.layout.ports.cache):
                pass
