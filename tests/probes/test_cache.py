"""When a cache is warm, told from the answers of a real server that plays a part."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from chaoslib.exceptions import ActivityFailed

from blackstart.platform.setting import RUN_KEY, TOPOLOGY_KEY
from blackstart.probes.cache import cache_hit_ratio, cache_warm
from tests.topology_data import topology_data

Part = list[str]
Begin = Callable[[Part, str], dict[str, Any]]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Start a server that answers how it read as its part says, then for ever the last way; return the setting."""
    servers: list[ThreadingHTTPServer] = []

    def serve(part: Part, after: str = "hit") -> dict[str, Any]:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler(list(part), after)))
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        data = topology_data()
        data["accelerator"]["url"] = f"http://127.0.0.1:{servers[-1].server_address[1]}"
        path = tmp_path / "topology.yaml"
        path.write_text(yaml.safe_dump(data))
        return {TOPOLOGY_KEY: str(path), RUN_KEY: str(tmp_path)}

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def handler(part: Part, after: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            how = part.pop(0) if part else after
            self.send_response(int(how) if how.isdigit() else 200)
            if how != "untold":
                self.send_header("X-Cache", how)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    return Handler


def test_warmth_is_dated_back_to_the_first_of_the_reads(begin: Begin) -> None:
    phase = cache_warm(configuration=begin(["down", "miss"], "hit"))["phase"]
    assert phase["name"] == "warm"
    assert phase["earliest"] < phase["at"] == phase["latest"]
    assert "20 of 20" in phase["source"]


def test_one_miss_of_twenty_is_as_warm_as_it_gets(begin: Begin) -> None:
    assert "19 of 20" in cache_warm(configuration=begin(["hit"] * 10 + ["miss"], "hit"))["evidence"]


def test_two_misses_are_not_warm_yet(begin: Begin) -> None:
    configuration = begin(["hit", "miss", "hit", "miss"], "hit")
    assert "19 of 20" in cache_warm(configuration=configuration)["evidence"]  # from the third read on


@pytest.mark.parametrize(("after", "said"), [("down", "0 reads from it in a row"), ("503", "answered 503")])
def test_a_cache_that_stays_away_is_told(begin: Begin, after: str, said: str) -> None:
    with pytest.raises(ActivityFailed, match=said):
        cache_warm(within_s=0.4, configuration=begin([], after))


def test_an_application_that_does_not_tell_is_an_error_and_no_miss(begin: Begin) -> None:
    with pytest.raises(LookupError, match="without the header X-Cache"):
        cache_warm(configuration=begin([], "untold"))


def test_the_ratio_has_bounds(begin: Begin) -> None:
    configuration = begin(["miss"], "hit")
    assert cache_hit_ratio(at_least=0.9, configuration=configuration)["evidence"].startswith("19 of 20")
    with pytest.raises(ActivityFailed, match="20 of 20 reads came from the cache: 100%, not 0% to 0%"):
        cache_hit_ratio(at_most=0, configuration=configuration)


def test_the_ratio_may_take_its_time(begin: Begin) -> None:
    configuration = begin(["down"] * 15, "hit")
    assert cache_hit_ratio(at_least=0.9, within_s=10, configuration=configuration)["evidence"].startswith("20 of 20")


def test_a_read_that_is_refused_is_no_ratio(begin: Begin) -> None:
    with pytest.raises(ActivityFailed, match="answered 503"):
        cache_hit_ratio(configuration=begin([], "503"))
