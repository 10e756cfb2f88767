"""Survivors as ranges, by a real server: what comes back is what is there, however many rows that are."""

import random

import pytest

from blackstart.history import as_ranges
from blackstart.platform import islands
from tests.postgresql import server

QUERY = "SELECT writer, seq FROM orders WHERE run = %(run)s;"


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    with server(tmp_path_factory.mktemp("postgresql")) as made, made.connect() as connection:
        connection.execute("CREATE TABLE orders (run text, writer int, seq bigint)")
        yield connection


@pytest.fixture
def put(database):
    database.execute("TRUNCATE orders")

    def insert(rows, run="this"):
        with database.cursor() as cursor, cursor.copy("COPY orders FROM STDIN") as copy:
            for writer, seq in rows:
                copy.write_row((run, writer, seq))

    return insert


def test_nothing_is_no_range(database, put):
    assert islands.read(database, QUERY, {"run": "this"}) == islands.Islands({}, 0)


def test_gaps_part_the_ranges_of_each_writer(database, put):
    put([(0, 1), (0, 2), (0, 3), (0, 7), (1, 2), (1, 3), (12, 1)])
    put([(0, 4)], run="another")
    found = islands.read(database, QUERY, {"run": "this"})
    assert found == islands.Islands({0: [(1, 3), (7, 7)], 1: [(2, 3)], 12: [(1, 1)]}, 0)


def test_what_is_there_more_than_once_is_one_survivor_and_counted(database, put):
    put([(0, 1), (0, 1), (0, 1), (0, 2), (1, 2), (1, 2)])
    assert islands.read(database, QUERY, {"run": "this"}) == islands.Islands({0: [(1, 2)], 1: [(2, 2)]}, 3)


def test_a_query_with_parts_of_its_own_is_run_as_it_stands(database, put):
    put([(0, 1), (0, 2)])
    query = "WITH mine AS (SELECT * FROM orders WHERE run = %(run)s) SELECT writer::text AS who, seq::int FROM mine"
    assert islands.read(database, query, {"run": "this"}).ranges == {0: [(1, 2)]}


def test_drawn_rows_come_back_as_they_are(database, put):
    draw = random.Random(4)
    rows = [(draw.randrange(3), draw.randrange(1, 200)) for _ in range(400)]
    put(rows)
    found = islands.read(database, QUERY, {"run": "this"})
    assert found.ranges == {w: as_ranges(sorted({seq for o, seq in rows if o == w})) for w in range(3)}
    assert found.duplicates == len(rows) - len(set(rows))


def test_a_million_rows_come_back_as_a_few_ranges(database, put):
    put([])
    database.execute(
        "INSERT INTO orders SELECT 'this', n % 2, n / 2 FROM generate_series(2, 1000001) AS n WHERE n % 20000 > 3"
    )
    found = islands.read(database, QUERY, {"run": "this"})
    assert sum(len(spans) for spans in found.ranges.values()) == 100
    assert sum(b - a + 1 for spans in found.ranges.values() for a, b in spans) == 1_000_000 - 50 * 4
