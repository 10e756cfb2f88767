"""The loop that everybody writes: ask with `requests`, log what came, sleep."""

import json
import sys
import time
from pathlib import Path
from threading import Event, Thread

import requests

from benchmarks.ground_truth.script import SLO_S
from benchmarks.instruments.observer import Observer, Reply, Sight

FILE, HTTP_OK = "replies.jsonl", 200


def requests_loop(sleep_s: float) -> Observer:
    """Return the loop with that sleep."""

    def command(url: str, folder: Path) -> list[str]:
        return [sys.executable, "-m", __name__, url, str(sleep_s), str(folder / FILE)]

    return Observer(f"requests, sleep({sleep_s:g})", command, FILE, sight)


def sight(folder: Path) -> Sight:
    """Return what the loop logged."""
    lines = [json.loads(line) for line in (folder / FILE).read_text(encoding="utf-8").splitlines()]
    return Sight([line["asked_s"] for line in lines], replies=[Reply(line["told_s"], line["good"]) for line in lines])


def good(url: str) -> bool:
    try:
        return requests.get(url, timeout=SLO_S).status_code == HTTP_OK
    except requests.RequestException:
        return False


def end_with_standard_input(over: Event) -> None:
    sys.stdin.read()
    over.set()


def main(url: str, sleep_s: float, path: Path) -> None:
    """Ask until standard input ends."""
    over = Event()
    Thread(target=end_with_standard_input, args=(over,), daemon=True).start()
    with path.open("w", encoding="utf-8") as file:
        while not over.is_set():
            asked_s = time.monotonic()
            answer = good(url)
            file.write(json.dumps({"asked_s": asked_s, "told_s": time.monotonic(), "good": answer}) + "\n")
            file.flush()
            over.wait(sleep_s)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
