"""Watching one instance: what it says of itself, a few times a second, and never waiting for a dead one."""

import asyncio
from collections import deque
from dataclasses import dataclass

import psycopg

from blackstart.clock import Clock
from blackstart.lab.aurora.instance import Instance

PERIOD_S = 0.1
_TIMEOUT_S = 1.0
_HISTORY = 3000
"""How many positions of the log are remembered: five minutes' worth."""
_QUERY = """
SELECT pg_is_in_recovery(),
       (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
             ELSE pg_current_wal_flush_lsn() END - '0/0')::bigint,
       EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'),
       (SELECT jsonb_object_agg(application_name, 1000 * extract(epoch FROM replay_lag))
          FROM pg_stat_replication WHERE state = 'streaming')
"""


@dataclass(frozen=True)
class Reading:
    """What an instance said at ``read_ns``. ``position``: bytes of log written (writer) or replayed (standby).

    ``lags_ms``: standby's name → the lag that the writer last measured, None where it measured none lately.
    """

    read_ns: int
    in_recovery: bool
    position: int
    streaming: bool
    lags_ms: dict[str, float | None]


class Watch:
    """The latest reading of one instance."""

    def __init__(self, instance: Instance, clock: Clock) -> None:
        self.instance = instance
        self.has_streamed = False
        """Whether it ever streamed from its source. A standby that never did holds nothing worth a promotion."""
        self._clock = clock
        self._read: Reading | None = None
        self._read_in = 0
        self._connection: psycopg.AsyncConnection | None = None
        self._asking = asyncio.Lock()
        self._passed: deque[tuple[int, int]] = deque(maxlen=_HISTORY)

    @property
    def reading(self) -> Reading | None:
        """What the instance said last, or None while it does not answer."""
        return self._read if self._read_in == self.instance.incarnation else None

    async def follow(self) -> None:
        """Read for ever."""
        while True:
            await self.read()
            await asyncio.sleep(PERIOD_S)

    async def read(self) -> Reading | None:
        """Ask once. A server that is down, starting or hung gives None within a second."""
        async with self._asking:
            incarnation = self.instance.incarnation
            asking = asyncio.create_task(self._ask())
            try:
                await asyncio.wait([asking], timeout=_TIMEOUT_S)
            finally:
                # Not waited for: the driver first tries to call its query off at the server that hangs.
                asking.cancel()
            self._read, self._read_in = _result(asking), incarnation
            if self._read is None:
                self.close()
            elif self._read_in == self.instance.incarnation:
                self.instance.harden()
        return self.reading

    def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.pgconn.finish()  # says no goodbye that could wait for an answer

    def behind_ms(self, position: int, at_ns: int) -> float | None:
        """Return for how long, at that time, this writer had been past a position that a standby had reached.

        0 when it had not been seen past it; None when that was too long ago to remember.
        """
        if not self._passed or self._passed[0][1] > position:
            return None
        later = [read_ns for read_ns, reached in self._passed if reached > position and read_ns <= at_ns]
        return (at_ns - later[0]) / 1e6 if later else 0.0

    async def _ask(self) -> Reading:
        if self._connection is None:
            self._connection = await self.instance.connect()
        row = await (await self._connection.execute(_QUERY)).fetchone()
        assert row is not None
        lags = {name: None if lag is None else float(lag) for name, lag in (row[3] or {}).items()}
        reading = Reading(self._clock.now_ns(), row[0], row[1], row[2], lags)
        self.has_streamed |= reading.streaming
        if self._passed and self._passed[-1][1] > reading.position:
            self._passed.clear()  # rewound: its old history is another's
        if not self._passed or self._passed[-1][1] != reading.position:
            self._passed.append((reading.read_ns, reading.position))
        return reading


def _result(asking: asyncio.Task[Reading]) -> Reading | None:
    if not asking.done():
        return None
    try:
        return asking.result()
    except (OSError, psycopg.Error):
        return None
