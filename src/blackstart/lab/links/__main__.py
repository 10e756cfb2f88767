"""The process that carries every path of one lab: ``python -m blackstart.lab.links CONFIG.json``.

It connects to its owner's control address and takes one JSON object a line: ``{"id": n, "set": {path: condition}}``,
answered by ``{"id": n}`` (with ``error`` where it failed) once the conditions hold. When the owner goes, it goes.
"""

import asyncio
import json
import sys
from pathlib import Path as File
from typing import Any

import uvloop

from blackstart.lab.links.condition import Condition
from blackstart.lab.links.paths import Path
from blackstart.lab.links.proxy import Proxy


async def _serve(config: dict[str, Any]) -> None:
    reader, writer = await asyncio.open_connection(*config["control"])
    proxies = {}
    for entry in config["paths"]:
        name = entry["name"]
        path = Path(name, tuple(entry["listen"]), tuple(entry["target"]), tuple(entry["ends"]))
        proxies[name] = Proxy(path, Condition(**config["conditions"].get(name, {})))
    writer.write(json.dumps({"token": config["token"]}).encode() + b"\n")
    while line := await reader.readline():
        writer.write(json.dumps(_obey(proxies, json.loads(line))).encode() + b"\n")
    for proxy in proxies.values():
        proxy.close()


def _obey(proxies: dict[str, Proxy], order: dict[str, Any]) -> dict[str, Any]:
    """Bring about every condition of the order; one that fails keeps none of the others from holding."""
    problems = []
    for name, condition in order["set"].items():
        try:
            proxies[name].apply(Condition(**condition))
        except OSError as error:
            problems.append(f"{name}: {error}")
    return {"id": order["id"]} | ({"error": "; ".join(problems)} if problems else {})


if __name__ == "__main__":
    uvloop.run(_serve(json.loads(File(sys.argv[1]).read_text())))
