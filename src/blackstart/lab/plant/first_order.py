"""The first order: a lab is up when its shop has accepted one, through the accelerator, as a customer would send it."""

import asyncio
import json
import secrets

from blackstart.lab.layout import Layout

_PAUSE_S = 0.02
_PATIENCE_S = 2.0
_ACCEPTED = (200, 201)


class FirstOrder:
    """Tries until an order is accepted. ``answer`` says what came back last."""

    def __init__(self, layout: Layout) -> None:
        self._address = (layout.accelerator, layout.ports.http)
        key = f"first-{secrets.token_hex(8)}"
        body = json.dumps({"run": "lab-up", "writer": 0, "seq": 0, "version": 1, "item": "first"})
        head = (
            "POST /orders HTTP/1.1",
            f"Host: {layout.accelerator}",
            "Content-Type: application/json",
            f"Idempotency-Key: {key}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        )
        self._request = ("\r\n".join((*head, "", body))).encode()
        self.answer = "nothing"

    async def accepted(self) -> None:
        """Return once an order is accepted; tried for as long as the caller waits."""
        while await self._try() not in _ACCEPTED:  # noqa: ASYNC110 (no event tells of another system's readiness)
            await asyncio.sleep(_PAUSE_S)

    async def _try(self) -> int | None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                line = await self._ask()
        except (OSError, TimeoutError) as error:
            self.answer = f"{type(error).__name__} {error}".strip()
            return None
        self.answer = line.decode(errors="replace").strip() or "an empty answer"
        words = line.split()
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else None

    async def _ask(self) -> bytes:
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            writer.write(self._request)
            return await reader.readline()
        finally:
            writer.close()
