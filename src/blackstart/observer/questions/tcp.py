"""A TCP connection: good once it is established. Nothing is sent over it."""

import asyncio
from collections.abc import Callable

from blackstart.history.records import Result
from blackstart.observer.canary_plan import CanaryPlan
from blackstart.observer.connection import Connection
from blackstart.observer.questions.answer import Answer, failed
from blackstart.observer.target import parse_target


class Handshake(Connection):
    """Connects and closes again."""

    def _connected(self, transport: asyncio.Transport) -> None:
        self._end(None)


class TcpQuestion:
    """Connects to one address."""

    keeps_answers = False

    def __init__(self, plan: CanaryPlan) -> None:
        self._target = parse_target(plan.url, resolver=plan.resolver)

    def ask(self, on_end: Callable[[Handshake], None]) -> Handshake:
        return Handshake(self._target, on_end)

    def answer(self, attempt: Handshake) -> Answer:
        return Answer(Result.GOOD) if attempt.failure is None else failed(attempt.failure)
