"""The cache: GET and SET of the Redis protocol over one connection, given up after milliseconds."""

import asyncio

from blackstart.lab.shop.failure import ServiceError
from blackstart.lab.shop.names import Names

PATIENCE_S = 0.05
"""How long one question may take: a cache that is slower than the database is none."""
_REST_S = 0.5
"""After a failure the cache is left alone for so long, so that not every request waits for a dead one."""


class CacheError(Exception):
    """The cache did not answer, or not sensibly."""


class Cache:
    """One cache, found through the region's own resolver. ``endpoint`` (name and port) None: there is no cache, and
    every question fails at once.
    """

    def __init__(self, endpoint: tuple[str, int] | None, names: Names) -> None:
        self._endpoint, self._names = endpoint, names
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._lock = asyncio.Lock()
        self._rest_until_s = 0.0

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None. Raises ``CacheError``."""
        return await self._ask(b"GET", key.encode())

    async def set(self, key: str, value: bytes, ttl_s: int) -> None:
        """Keep a value for so many seconds. Raises ``CacheError``."""
        await self._ask(b"SET", key.encode(), value, b"EX", str(ttl_s).encode())

    async def _ask(self, *words: bytes) -> bytes | None:
        loop = asyncio.get_running_loop()
        async with self._lock:
            if self._endpoint is None or loop.time() < self._rest_until_s:
                raise CacheError("no cache for now")
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await self._exchange(*self._endpoint, words)
            except (OSError, EOFError, ValueError, ServiceError) as error:
                self._hang_up()
                self._rest_until_s = loop.time() + _REST_S
                raise CacheError(str(error)) from error

    async def _exchange(self, name: str, port: int, words: tuple[bytes, ...]) -> bytes | None:
        if self._streams is None:
            self._streams = await asyncio.open_connection(await self._names.address(name), port)
        reader, writer = self._streams
        writer.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        line = await reader.readuntil(b"\r\n")
        if line.startswith(b"+"):
            return line[1:-2]
        if not line.startswith(b"$"):
            raise ValueError(line.decode(errors="replace"))
        length = int(line[1:])
        return None if length < 0 else (await reader.readexactly(length + 2))[:-2]

    def _hang_up(self) -> None:
        """Close: a connection whose answer never came cannot be used again, since the answer may still come."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
