"""The links as their users meet them: real connections through the real process."""

import asyncio
import os
import signal
import socket
import time

import pytest

from blackstart.lab.links import LinksError, all_paths
from blackstart.outcome import UsageError

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
SILENCE_S = 0.3
BLOCK = 104


async def ask(reader, writer, data=b"x"):
    started = time.perf_counter()
    writer.write(data)
    assert await reader.readexactly(len(data)) == data
    return time.perf_counter() - started


async def silent(awaitable):
    """Tell whether nothing at all happens: neither an answer nor an error."""
    try:
        await asyncio.wait_for(awaitable, SILENCE_S)
    except TimeoutError:
        return True
    return False


async def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_without_delay_a_link_adds_far_less_than_a_millisecond(on_bench):
    async def scenario(bench):
        through = await bench.connect()
        direct = await asyncio.open_connection(bench.layout.alb(PRIMARY), bench.layout.ports.http)
        # In turns, so that a busy machine slows both.
        pairs = [(await ask(*through), await ask(*direct)) for _ in range(300)]
        added = sorted(a - b for a, b in pairs)[150]
        assert added < 0.001

    on_bench(scenario)


def test_all_that_is_sent_arrives_in_order_and_both_directions_end_by_themselves(on_bench):
    async def scenario(bench):
        reader, writer = await bench.connect()
        sent = bytes(range(256)) * 20_000
        writer.write(sent)
        writer.write_eof()
        assert await reader.read() == sent
        assert await reader.read() == b""
        writer.close()
        await until(lambda: bench.ended == 1)

    on_bench(scenario)


def test_a_delay_is_added_to_each_round_trip_and_keeps_order_and_throughput(on_bench):
    async def scenario(bench):
        await bench.links.set(bench.path, delay_ms=200)
        connection = await bench.connect()
        assert 0.2 <= await ask(*connection) < 0.35
        sent = bytes(range(256)) * 40_000
        started = time.perf_counter()
        connection[1].write(sent)
        connection[1].write_eof()
        assert await connection[0].read() == sent
        # 10 MB take one delay, not one for each piece.
        assert time.perf_counter() - started < 2

    on_bench(scenario)


def test_a_shorter_delay_lets_go_of_what_is_held_back(on_bench):
    async def scenario(bench):
        await bench.links.set(bench.path, delay_ms=60_000)
        reader, writer = await bench.connect()
        writer.write(b"held")
        await until(lambda: bench.received == b"held")
        await bench.links.set(bench.path, delay_ms=0)
        writer.write(b" and free")
        assert await asyncio.wait_for(reader.readexactly(13), 5) == b"held and free"

    on_bench(scenario)


def test_a_throttle_passes_its_rate_and_no_more(on_bench):
    async def scenario(bench):
        await bench.links.set(bench.path, rate_kbps=60)
        reader, writer = await bench.connect()
        started = time.perf_counter()
        writer.write(bytes(60_000))
        writer.write_eof()
        assert len(await reader.read()) == 60_000
        # Both directions are paced, at the same time.
        assert 0.9 <= time.perf_counter() - started < 1.6

    on_bench(scenario)


def test_unshaped_lifts_the_delay_for_a_while_without_changing_the_configuration(on_bench):
    async def scenario(bench):
        await bench.links.set(bench.path, delay_ms=400)
        connection = await bench.connect()
        async with bench.links.unshaped(bench.path):
            assert await ask(*connection) < 0.3
            assert bench.links.snapshot()[bench.path]["delay_ms"] == 400
        assert await ask(*connection) >= 0.4

    on_bench(scenario)


def test_in_a_black_hole_live_connections_stall_and_new_ones_time_out(on_bench):
    async def scenario(bench):
        reader, writer = await bench.connect()
        await ask(reader, writer)
        await bench.links.set(bench.path, state="black-hole")
        writer.write(b"lost")
        assert await silent(reader.read(1))
        assert all(await asyncio.gather(*(silent(bench.connect()) for _ in range(5))))
        await bench.links.set(bench.path, state="open")
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        assert await ask(*await bench.connect()) < 5
        assert bench.received == b"xx"

    on_bench(scenario)


def test_what_is_held_back_when_the_region_is_cut_never_arrives(on_bench):
    async def scenario(bench):
        await bench.links.set(bench.path, delay_ms=300)
        reader, writer = await bench.connect()
        writer.write(b"under way")
        await until(lambda: bench.received == b"under way")
        await bench.links.cut_region(PRIMARY)
        assert await silent(reader.read(1))
        await asyncio.sleep(0.3)
        await bench.links.open_region(PRIMARY)
        with pytest.raises(ConnectionResetError):
            await reader.read(1)

    on_bench(scenario)


def test_a_refusing_path_resets_live_connections_and_refuses_new_ones(on_bench):
    async def scenario(bench):
        reader, writer = await bench.connect()
        await ask(reader, writer)
        await bench.links.set(bench.path, state="refuse")
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        with pytest.raises(ConnectionRefusedError):
            await bench.connect()
        await bench.links.set(bench.path, state="black-hole")
        assert await silent(bench.connect())
        await bench.links.set(bench.path, state="refuse")
        with pytest.raises(ConnectionRefusedError):
            await bench.connect()
        await bench.links.set(bench.path, state="open")
        await ask(*await bench.connect())

    on_bench(scenario)


def test_a_reset_of_one_side_reaches_the_other_after_what_was_sent_before(on_bench):
    async def scenario(bench):
        _, writer = await bench.connect()
        writer.write(b"last words")
        await until(lambda: bench.received == b"last words")
        writer.transport.abort()
        await until(lambda: bench.ended == 1)

    on_bench(scenario)


def test_a_target_that_is_down_shows_as_a_reset(on_bench):
    async def scenario(bench):
        bench.server.close()
        reader, _ = await bench.connect()
        with pytest.raises(ConnectionResetError):
            await reader.read(1)

    on_bench(scenario)


def test_cutting_a_region_touches_every_path_to_and_from_it_and_no_other(on_bench):
    async def scenario(bench):
        before = bench.links.snapshot()
        await bench.links.set(f"client>{STANDBY}:alb", delay_ms=7)
        await bench.links.cut_region(STANDBY)
        dead = {name for name, path in bench.links.snapshot().items() if path["state"] == "black-hole"}
        assert dead == {name for name in before if STANDBY in name}
        await bench.links.open_region(STANDBY)
        after = bench.links.snapshot()
        assert after.pop(f"client>{STANDBY}:alb")["delay_ms"] == 7
        assert all(after[name] == before[name] for name in after)

    on_bench(scenario)


def test_a_path_that_was_black_holed_by_itself_stays_so_when_its_region_opens(on_bench):
    async def scenario(bench):
        await bench.links.set(bench.path, state="black-hole")
        await bench.links.cut_region(PRIMARY)
        await bench.links.open_region(PRIMARY)
        assert await silent(bench.connect())

    on_bench(scenario)


def test_the_process_ends_with_its_owner_and_says_so_when_it_is_gone(on_bench):
    async def scenario(bench):
        await bench.processes.kill("links")
        with pytest.raises(LinksError, match=r"links\.log"):
            await bench.links.set(bench.path, delay_ms=1)

    on_bench(scenario)


def test_the_target_sees_the_address_that_the_client_comes_from(on_bench):
    async def scenario(bench):
        origins = [f"127.{BLOCK}.0.{200 + number % 50}" for number in range(300)]
        connections = [await bench.connect(origin) for origin in [None, *origins]]
        await asyncio.gather(*(ask(*connection) for connection in connections))
        assert sorted(bench.peers) == sorted(["127.0.0.1", *origins])

    on_bench(scenario)


def taken(bench, path):
    """Listen where a path listens that refuses: until that ends, the path cannot listen again."""
    other = socket.socket()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    other.bind(next(each.listen for each in all_paths(bench.layout) if each.name == path))
    other.listen()
    return other


def test_a_path_that_cannot_be_changed_keeps_no_other_from_it_and_is_tried_again(on_bench):
    async def scenario(bench):
        first = f"client>{PRIMARY}:kubernetes"
        await bench.links.set(first, state="refuse")
        with taken(bench, first), pytest.raises(LinksError, match=f"{first}: .*in use"):
            await bench.links.cut_region(PRIMARY)
        assert await silent(bench.connect())
        await bench.links.cut_region(PRIMARY)

    on_bench(scenario)


def test_the_answer_to_an_order_that_nobody_waits_for_is_taken_for_no_other(on_bench):
    async def scenario(bench):
        first = f"client>{PRIMARY}:kubernetes"
        await bench.links.set(first, state="refuse")
        with taken(bench, first):
            os.kill(bench.processes.pid("links"), signal.SIGSTOP)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(bench.links.set(first, state="open"), 0.1)
            os.kill(bench.processes.pid("links"), signal.SIGCONT)
            await bench.links.set(bench.path, state="refuse")
        with pytest.raises(ConnectionRefusedError):
            await bench.connect()

    on_bench(scenario)


def test_wrong_words_are_refused_in_one_line(on_bench):
    async def scenario(bench):
        for name, change in (("nowhere", {}), (bench.path, {"state": "ajar"}), (bench.path, {"delay_ms": -1})):
            with pytest.raises(UsageError):
                await bench.links.set(name, **change)
        with pytest.raises(UsageError, match="us-east-1"):
            await bench.links.cut_region("us-east-1")
        assert bench.links.snapshot()[bench.path] == {"state": "open", "delay_ms": 0, "rate_kbps": None}

    on_bench(scenario)
