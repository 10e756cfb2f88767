"""The resolver as a real DNS client meets it, over UDP and TCP, from each view."""

import asyncio
import socket

import dns.asyncquery
import dns.asyncresolver
import dns.message
import dns.rcode
import dns.resolver
import pytest
import uvloop

from blackstart.lab.layout import READER_NAME, RESTORED, WRITER_NAME, Layout, Ports
from blackstart.lab.names import Endpoints, Resolver
from blackstart.outcome import BlackstartError, UsageError

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
BLOCK = 104


class Database:
    def __init__(self, layout):
        self.layout = layout
        self.moved = False
        self.restored = {}

    def writer_address(self, region, view):
        if view == self.layout.view(region):
            return self.layout.instance(region, 1)
        return self.layout.instance_link(view, region, 1)

    def restored_cluster(self, region):
        return self.restored.get(region)

    def reader_addresses(self, region, view):
        return [self.writer_address(region, view), self.layout.instance(region, 2)]


def record(name, target, ttl=2, kind="CNAME"):
    return {"name": f"{name}.", "type": kind, "ttl": ttl, "values": [target]}


class Names:
    def __init__(self):
        with socket.socket() as probe:
            probe.bind((f"127.{BLOCK}.0.53", 0))
            port = probe.getsockname()[1]
        self.layout = Layout(BLOCK, Ports(1, 2, 3, 4, 5, 6, port, 8), (PRIMARY, STANDBY))
        self.database = Database(self.layout)
        self.resolver = Resolver(self.layout, Endpoints(self.layout, self.database))

    def client(self, view):
        client = dns.asyncresolver.Resolver(configure=False)
        client.nameservers = [self.layout.resolver(view)]
        client.port = self.layout.ports.dns
        client.lifetime = 10
        return client

    async def addresses(self, view, name, kind="A", **options):
        return sorted(each.to_text() for each in await self.client(view).resolve(name, kind, **options))


@pytest.fixture
def with_names():
    def run(scenario):
        async def scene():
            names = Names()
            await names.resolver.start()
            try:
                await scenario(names)
            finally:
                await names.resolver.stop()

        uvloop.run(scene())

    return run


def test_an_alias_is_followed_to_the_address_that_the_view_can_reach(with_names):
    async def scenario(names):
        layout = names.layout
        endpoint = layout.cluster_endpoint(PRIMARY)
        names.resolver.set_records([record(WRITER_NAME, endpoint)])
        for view, address in (
            (0, layout.instance_link(0, PRIMARY, 1)),
            (1, layout.instance(PRIMARY, 1)),
            (2, layout.instance_link(2, PRIMARY, 1)),
        ):
            answer = await names.client(view).resolve(WRITER_NAME, "A")
            assert [each.to_text() for each in answer] == [address]
            assert answer.canonical_name.to_text() == f"{endpoint}."
            assert answer.response.answer[0].ttl == 2
            assert answer.rrset.ttl == 1

    with_names(scenario)


def test_a_changed_record_is_in_the_very_next_answer(with_names):
    async def scenario(names):
        for region in (PRIMARY, STANDBY):
            names.resolver.set_records([record(WRITER_NAME, names.layout.cluster_endpoint(region))])
            assert await names.addresses(2, WRITER_NAME) == [Database(names.layout).writer_address(region, 2)]
        assert [each["name"] for each in names.resolver.records] == [f"{WRITER_NAME}."]

    with_names(scenario)


def test_managed_names_are_there_without_records(with_names):
    async def scenario(names):
        layout = names.layout
        assert await names.addresses(1, layout.accelerator_name) == [layout.accelerator]
        assert await names.addresses(1, layout.alb_name(PRIMARY)) == [layout.alb(PRIMARY)]
        assert await names.addresses(0, layout.alb_name(PRIMARY)) == [layout.alb_link(0, PRIMARY)]
        assert len(await names.addresses(1, layout.reader_endpoint(PRIMARY))) == 2
        assert await names.addresses(2, layout.instance_endpoint(PRIMARY, 2)) == [layout.instance_link(2, PRIMARY, 2)]
        assert await names.addresses(2, layout.cache_endpoint(STANDBY)) == [layout.cache(STANDBY)]
        with pytest.raises(dns.resolver.NXDOMAIN):
            await names.addresses(1, layout.cache_endpoint(STANDBY))

    with_names(scenario)


def test_tcp_answers_many_questions_on_one_connection(with_names):
    async def scenario(names):
        names.resolver.set_records([record(WRITER_NAME, "127.104.1.31", kind="A")])
        assert await names.addresses(0, WRITER_NAME, tcp=True) == ["127.104.1.31"]
        reader, writer = await asyncio.open_connection(names.layout.resolver(0), names.layout.ports.dns)
        for _ in range(3):
            wire = dns.message.make_query(WRITER_NAME, "A").to_wire()
            writer.write(len(wire).to_bytes(2) + wire)
            answer = dns.message.from_wire(await reader.readexactly(int.from_bytes(await reader.readexactly(2))))
            assert answer.answer[0][0].to_text() == "127.104.1.31"
        writer.close()

    with_names(scenario)


def test_an_answer_too_long_for_udp_is_cut_and_whole_over_tcp(with_names):
    async def scenario(names):
        values = [f"127.104.7.{host}" for host in range(1, 60)]
        names.resolver.set_records([{"name": "many.shop.internal.", "type": "A", "ttl": 2, "values": values}])
        query = dns.message.make_query("many.shop.internal", "A")
        where = names.layout.resolver(0), names.layout.ports.dns
        cut = await dns.asyncquery.udp(query, where[0], port=where[1], timeout=10)
        assert cut.flags & dns.flags.TC
        whole, over_tcp = await dns.asyncquery.udp_with_fallback(query, where[0], port=where[1], timeout=10)
        assert over_tcp
        assert len(whole.answer[0]) == 59

    with_names(scenario)


def test_what_is_not_there_is_denied_with_the_soa(with_names):
    async def scenario(names):
        names.resolver.set_records([record(WRITER_NAME, names.layout.cluster_endpoint(PRIMARY))])
        for name in (READER_NAME, "example.com", f"no.{WRITER_NAME}"):
            with pytest.raises(dns.resolver.NXDOMAIN) as caught:
                await names.addresses(0, name)
            [response] = caught.value.responses().values()
            assert response.authority[0].rdtype == dns.rdatatype.SOA
        with pytest.raises(dns.resolver.NoAnswer) as empty:
            await names.addresses(0, WRITER_NAME, "AAAA")
        assert empty.value.response().authority[0].rdtype == dns.rdatatype.SOA

    with_names(scenario)


def test_names_are_the_same_in_upper_and_lower_case(with_names):
    async def scenario(names):
        names.resolver.set_records([record(WRITER_NAME.upper(), names.layout.cluster_endpoint(PRIMARY))])
        assert await names.addresses(1, WRITER_NAME.title()) == [names.layout.instance(PRIMARY, 1)]

    with_names(scenario)


def test_aliases_in_a_circle_end_in_a_server_failure(with_names):
    async def scenario(names):
        names.resolver.set_records(
            [record("a.shop.internal", "b.shop.internal"), record("b.shop.internal", "a.shop.internal")]
        )
        query = dns.message.make_query("a.shop.internal", "A")
        answer = await dns.asyncquery.udp(query, names.layout.resolver(0), port=names.layout.ports.dns, timeout=10)
        assert answer.rcode() == dns.rcode.SERVFAIL

    with_names(scenario)


def test_a_wrong_record_changes_nothing_and_says_which(with_names):
    async def scenario(names):
        good = record(WRITER_NAME, "127.104.1.31", kind="A")
        names.resolver.set_records([good])
        for bad in (record("w.example.com", "x.y"), record("x.shop.internal", "no address", kind="A"), {"name": "x"}):
            with pytest.raises(UsageError, match="record"):
                names.resolver.set_records([bad])
        assert names.resolver.records == [good]

    with_names(scenario)


def test_rubbish_is_answered_with_a_format_error_and_harms_nobody(with_names):
    async def scenario(names):
        names.resolver.set_records([record(WRITER_NAME, "127.104.1.31", kind="A")])
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, (names.layout.resolver(0), names.layout.ports.dns))
            await loop.sock_sendall(sock, b"short")
            await loop.sock_sendall(sock, b"\x12\x34" + b"\xff" * 20)
            answer = dns.message.from_wire(await asyncio.wait_for(loop.sock_recv(sock, 512), 10))
        assert (answer.id, answer.rcode()) == (0x1234, dns.rcode.FORMERR)
        assert await names.addresses(0, WRITER_NAME) == ["127.104.1.31"]

    with_names(scenario)


def test_a_taken_address_is_named(with_names):
    async def scenario(names):
        second = Resolver(names.layout, lambda view, name: None)
        with pytest.raises(BlackstartError, match=f"{names.layout.resolver(0)}:{names.layout.ports.dns}"):
            await second.start()

    with_names(scenario)


def test_a_restored_cluster_has_a_name_while_it_is_there_and_none_for_the_other_region(with_names):
    async def scenario(names):
        name = names.layout.restored_endpoint(PRIMARY, "island")
        with pytest.raises(dns.resolver.NXDOMAIN):
            await names.addresses(0, name)
        names.database.restored[PRIMARY] = "island"
        assert await names.addresses(0, name) == [names.layout.instance_link(0, PRIMARY, RESTORED)]
        assert await names.addresses(1, name) == [names.layout.instance(PRIMARY, RESTORED)]
        with pytest.raises(dns.resolver.NXDOMAIN):
            await names.addresses(2, name)

    with_names(scenario)
