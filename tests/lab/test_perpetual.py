import asyncio

import pytest

from blackstart.lab import perpetual


def test_what_fails_is_told_and_goes_on_until_it_is_cancelled(monkeypatch, capsys):
    monkeypatch.setattr(perpetual, "PAUSE_S", 0)
    began = []

    async def scenario():
        done = asyncio.Event()

        async def work():
            began.append(1)
            if len(began) < 3:
                raise ValueError("stumbled")
            done.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(perpetual.going("the work", work))
        await asyncio.wait_for(done.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert len(began) == 3
    told = capsys.readouterr().err
    assert told.count("the work failed and goes on") == told.count("ValueError: stumbled") == 2
