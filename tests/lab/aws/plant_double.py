"""A small plant: a real HTTP server that stands for the other process, records what it is told and plays its part."""

import copy
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from blackstart.lab.layout import Layout

TOKEN = "test-token"


class PlantDouble:
    """What the plant was told (``calls``) and what it answers (``aurora``, ``targets``, ``health``)."""

    def __init__(self, layout: Layout, regions_file: Path) -> None:
        self.layout = layout
        self.regions_file = regions_file
        self.calls: list[tuple[str, str, Any]] = []
        self.groups: list[dict[str, Any]] = []
        self.reset()
        self._server = ThreadingHTTPServer((layout.plant, layout.ports.plant), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """Forget what was heard and done; what the accelerator was told stays."""
        self.calls.clear()
        self.regions = dict.fromkeys(self.layout.regions, "on")
        self.caches = dict.fromkeys(self.layout.regions, "on")
        self.targets: dict[str, list[dict[str, Any]]] = {region: [] for region in self.layout.regions}
        self.health = "HEALTHY"
        self.conflict: str | None = None
        self.failing: list[str] = []
        """What becomes of the next changes of power: "late" fails after it is done, "lost" before; then all is well."""
        self.aurora = aurora(self.layout)
        self.write_regions()

    def write_regions(self) -> None:
        draft = self.regions_file.with_suffix(".new")
        draft.write_text(json.dumps(self.regions))
        draft.rename(self.regions_file)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def sent(self, path: str) -> list[Any]:
        """Return the bodies of all PUTs and POSTs to a path."""
        return [body for method, told, body in list(self.calls) if told == path and method != "GET"]

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self.calls.append((method, path, body))
        if method == "GET":
            return self._read(path)
        if path == "/aurora/failover":
            return self._fail_over(body)
        if path.startswith("/aurora/writer/"):
            return self._fail_over_writer(path.rpartition("/")[2])
        if path.startswith("/aurora/restored/"):
            return self._restored(method, path, body)
        powers = {"/regions/": self.regions, "/caches/": self.caches}
        changed = next((powers[start] for start in powers if path.startswith(start)), None)
        fate = self.failing.pop(0) if self.failing and changed is not None else ""
        if changed is not None and fate != "lost":
            changed[path.rpartition("/")[2]] = body["power"]
            self.write_regions()
        if path == "/edge/accelerator":
            self.groups = body["groups"]
        return (500, {}) if fate else (200, {})

    def _read(self, path: str) -> tuple[int, Any]:
        if path.startswith("/edge/targets/"):
            return 200, self.targets[path.rpartition("/")[2]]
        answers = {"/regions": self.regions, "/aurora": self.aurora, "/edge/accelerator": {"groups": self._groups()}}
        return 200, answers[path]

    def _groups(self) -> list[dict[str, Any]]:
        groups = copy.deepcopy(self.groups)
        for group in groups:
            for endpoint in group["endpoints"]:
                endpoint |= {"health": self.health, "reason": "test"}
        return groups

    def _fail_over(self, body: dict[str, Any]) -> tuple[int, Any]:
        if self.conflict:
            return 409, {"code": "InvalidGlobalClusterStateFault", "message": self.conflict}
        source = next(member["region"] for member in self.aurora["members"] if member["role"] == "writer")
        moving = "failing-over" if body["mode"] == "failover" else "switching-over"
        self.aurora["status"] = moving
        self.aurora["failover_state"] = {
            "status": moving,
            "from_region": source,
            "to_region": body["target_region"],
            "data_loss_allowed": body["data_loss_allowed"],
        }
        return 202, {}

    def _fail_over_writer(self, region: str) -> tuple[int, Any]:
        if self.conflict:
            return 409, {"code": "InvalidDBClusterStateFault", "message": self.conflict}
        self._member(region)["status"] = "failing-over"
        return 202, {}

    def keep(self, region: str, commits: int | None) -> str:
        """Have a snapshot of the region's last state as the writer; return its name."""
        name = f"rds:unplanned-global-failover-{self.layout.cluster_name(region)}-2026-11-26-10-00-00"
        created = "2026-11-26T10:00:00.250000+00:00"
        kept = {"name": name, "region": region, "created": created, "commits_past_switch": commits}
        self.aurora["snapshots"] = [kept]
        return name

    def _restored(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if self.conflict:
            return 409, {"code": "InvalidDBClusterStateFault", "message": self.conflict}
        if method == "DELETE":
            self.aurora["restored"] = []
            return 200, {}
        kept = next(kept for kept in self.aurora["snapshots"] if kept["name"] == body["snapshot"])
        cluster = path.rpartition("/")[2]
        self.aurora["restored"] = [{"region": kept["region"], "cluster": cluster, "status": "creating"}]
        return 202, {}

    def finish_writer_failover(self, region: str) -> None:
        """Swap the roles of the region's instances and come to rest."""
        member = self._member(region)
        member["status"] = "available"
        for instance in member["instances"]:
            instance["role"] = "reader" if instance["role"] == "writer" else "writer"

    def _member(self, region: str) -> dict[str, Any]:
        return next(member for member in self.aurora["members"] if member["region"] == region)

    def finish_failover(self) -> None:
        """Swap the roles and come to rest."""
        target = self.aurora["failover_state"]["to_region"]
        for member in self.aurora["members"]:
            _assign(member, writes=member["region"] == target)
        self.aurora |= {"status": "available", "failover_state": None}


def aurora(layout: Layout) -> dict[str, Any]:
    members = [_member(layout, region, count) for region, count in zip(layout.regions, (2, 1), strict=True)]
    for number, member in enumerate(members):
        _assign(member, writes=number == 0)
    return {
        "global_cluster": "shop",
        "status": "available",
        "failover_state": None,
        "members": members,
        "last_failover": None,
        "snapshots": [],
        "restored": [],
        "lag_ms": {layout.regions[0]: None, layout.regions[1]: 12.5},
    }


def _member(layout: Layout, region: str, instances: int) -> dict[str, Any]:
    return {
        "region": region,
        "cluster": layout.cluster_name(region),
        "status": "available",
        "endpoint": layout.cluster_endpoint(region),
        "reader_endpoint": layout.reader_endpoint(region),
        "port": layout.ports.database,
        "instances": [
            {
                "id": layout.instance_name(region, number),
                "status": "available",
                "address": layout.instance(region, number),
            }
            for number in range(1, instances + 1)
        ],
    }


def _assign(member: dict[str, Any], *, writes: bool) -> None:
    member["role"] = "writer" if writes else "reader"
    member["synchronization"] = None if writes else "connected"
    for number, instance in enumerate(member["instances"]):
        instance["role"] = "writer" if writes and number == 0 else "reader"


def _handler(plant: PlantDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if self.headers["Authorization"] == f"Bearer {TOKEN}":
                status, answer = plant.answer(self.command, self.path, body)
            else:
                status, answer = 401, {}
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    return Handler
