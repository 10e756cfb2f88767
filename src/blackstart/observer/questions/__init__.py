"""What a canary asks: a page, a connection, a name, a transaction. One kind a file."""

from blackstart.observer.canary_plan import CanaryPlan
from blackstart.observer.questions.answer import Answer, Question
from blackstart.observer.questions.http import HttpQuestion
from blackstart.observer.questions.tcp import TcpQuestion
from blackstart.observer.regions import Regions

__all__ = ["Answer", "Question", "question"]


def question(plan: CanaryPlan, regions: Regions) -> Question:
    """Return what a canary of this plan asks. Raises UsageError."""
    match plan.kind:
        case "tcp":
            return TcpQuestion(plan)
        case "dns":
            # These two load libraries that most observers never need.
            from blackstart.observer.questions.dns import DnsQuestion  # noqa: PLC0415 - as above

            return DnsQuestion(plan)
        case "sql":
            from blackstart.observer.questions.sql import SqlQuestion  # noqa: PLC0415 - as above

            return SqlQuestion(plan)
        case _:
            return HttpQuestion(plan, regions)
