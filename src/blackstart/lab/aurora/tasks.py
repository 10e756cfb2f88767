"""Ending what runs in the background."""

import asyncio


async def end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel the tasks; return when all have ended, however they did."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
