import asyncio
import os
import threading

from blackstart.lab import descent
from blackstart.lab.descent import Identity
from blackstart.lab.plant import inventory
from blackstart.lab.processes import Processes


def test_the_machine_is_looked_at_once_beside_the_event_loop(tmp_path, monkeypatch):
    look, lookers = descent._parents, []

    def counted():
        lookers.append(threading.current_thread())
        return look()

    async def scenario():
        processes = Processes(tmp_path)
        try:
            for name in ("cache-a", "cache-b", "links"):
                await processes.start(name, ["sh", "-c", "sleep 1000; true"], group="global")
            while len(descent.descendants(os.getpid())) < 7:  # noqa: ASYNC110 (no event tells of a grandchild)
                await asyncio.sleep(0.01)
            with monkeypatch.context() as patch:
                patch.setattr(descent, "_parents", counted)
                return await inventory.parts(processes, Identity.of(os.getpid()))
        finally:
            await processes.kill_all()

    rows = asyncio.run(scenario())
    assert [row["name"] for row in rows] == ["supervisor", "janitor", "cache-a", "cache-b", "links"]
    assert all(row["alive"] and row["rss_mb"] > 0 for row in rows)
    assert len(lookers) == 1
    assert lookers[0] is not threading.main_thread()
