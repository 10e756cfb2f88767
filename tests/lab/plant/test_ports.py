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
    with ports.claim(Specification(), range(117, 120)).socket as first:
        claimed = ports.claim(Specification(), range(117, 120))
        with claimed.socket as second:
            assert first.getsockname()[0] == "127.117.0.2"
            assert second.getsockname() == ("127.118.0.2", claimed.layout.ports.plant)


def test_a_block_is_free_again_when_its_claim_ends():
    for _ in range(2):
        with ports.claim(Specification(), [119]).socket as claim:
            assert claim.getsockname()[0] == "127.119.0.2"


def test_no_free_block_is_said_in_one_line():
    with ports.claim(Specification(), [119]).socket, pytest.raises(UsageError, match="no free block"):
        ports.claim(Specification(), [119])


def test_an_asked_port_in_use_is_refused_on_whatever_address():
    with listen("127.0.0.1") as other, pytest.raises(UsageError, match=f"port {other.getsockname()[1]} is in use"):
        ports.claim(Specification(api_port=other.getsockname()[1]), [119])


def test_an_asked_port_is_given():
    with listen("127.0.0.1") as other:
        free = other.getsockname()[1]
    claim = ports.claim(Specification(api_port=free), [119])
    with claim.socket:
        assert claim.layout.ports.api == free


def test_a_usual_port_that_something_holds_on_all_addresses_is_passed_over(monkeypatch):
    with listen("0.0.0.0") as other:
        held = other.getsockname()[1]
        monkeypatch.setattr(ports, "USUAL", dataclasses.replace(ports.USUAL, cache=held))
        monkeypatch.setattr(ports, "EPHEMERAL", 65_000)
        claim = ports.claim(Specification(), [119])
        with claim.socket:
            assert claim.layout.ports.cache != held
            with listen(claim.layout.cache("eu-west-1"), claim.layout.ports.cache):
                pass
