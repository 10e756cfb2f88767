"""What locust runs, in an environment of its own: it knows locust, and nothing of blackstart.

Open loop as far as locust goes: each user asks once a round, and the round is longer than an answer is waited for, so
no answer, however late, delays a request. Locust's own ``constant_pacing`` would have all users ask at once, as it
starts them; here each has its turn in the round.
"""

import itertools
import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from locust import FastHttpUser, events, task
from locust.env import Environment


class Visitor(FastHttpUser):
    """Asks for what was given as the host, each time on a new connection."""

    default_headers = {"Connection": "close"}  # noqa: RUF012 (as locust has it)
    round_s: float
    turns_s: Iterator[float]

    def on_start(self) -> None:
        self.due_s = next(self.turns_s) - self.round_s
        time.sleep(self.wait_time())

    def wait_time(self) -> float:
        """Return how long it is until this user's next turn, in seconds."""
        self.due_s += self.round_s
        return max(0.0, self.due_s - time.monotonic())

    @task
    def ask(self) -> None:
        self.client.get("")


@events.init_command_line_parser.add_listener
def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--rate-per-s", type=float, required=True, help="requests a second of all users together")
    parser.add_argument("--slo-s", type=float, required=True, help="how long an answer is waited for")
    parser.add_argument("--replies", type=Path, required=True, help="where each request's end is logged, as JSON lines")


@events.init.add_listener
def settle(environment: Environment, **_: Any) -> None:
    """Give the users their round and their patience, and log every request's end."""
    options = environment.parsed_options
    Visitor.connection_timeout = Visitor.network_timeout = options.slo_s
    Visitor.round_s = options.num_users / options.rate_per_s
    Visitor.turns_s = itertools.count(time.monotonic(), 1 / options.rate_per_s)
    file = options.replies.open("w", buffering=1, encoding="utf-8")

    def log(response_time: float, exception: BaseException | None, **_: Any) -> None:
        told_s, took_s = time.monotonic(), response_time / 1000
        good = exception is None and took_s <= options.slo_s
        file.write(json.dumps({"asked_s": told_s - took_s, "told_s": told_s, "good": good}) + "\n")

    environment.events.request.add_listener(log)
