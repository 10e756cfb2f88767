"""A page over HTTP or HTTPS: the right status, and the right body where one is expected."""

from collections.abc import Callable

from blackstart.history.records import Result
from blackstart.observer.attempt import Failure
from blackstart.observer.canary_plan import CanaryPlan
from blackstart.observer.exchange import Exchange
from blackstart.observer.questions.answer import Answer, failed
from blackstart.observer.regions import Regions
from blackstart.observer.target import parse_target, request_bytes


class HttpQuestion:
    """GETs one page, each time on a connection of its own."""

    keeps_answers = False

    def __init__(self, plan: CanaryPlan, regions: Regions) -> None:
        self._target = parse_target(plan.url, plan.host, plan.ca_file, plan.resolver)
        self._request = request_bytes("GET", self._target, {"User-Agent": "blackstart-canary", "Accept": "*/*"})
        self._statuses = frozenset(plan.expect_status)
        self._body = None if plan.expect_body is None else plan.expect_body.encode()
        self._regions = regions

    def ask(self, on_end: Callable[[Exchange], None]) -> Exchange:
        return Exchange(self._target, self._request, on_end)

    def answer(self, attempt: Exchange) -> Answer:
        reply = attempt.reply
        if reply is None:
            return failed(attempt.failure or Failure.OTHER)
        result = Result.GOOD
        if reply.status not in self._statuses:
            result = Result.WRONG_STATUS
        elif self._body is not None and self._body not in reply.body:
            result = Result.WRONG_BODY
        return Answer(result, reply.status, self._regions.of(reply))
