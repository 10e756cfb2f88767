"""What an answered or unanswered write means: acknowledged, failed for certain, or unknown."""

import json

from blackstart.history.records import Kind
from blackstart.observer.exchange import Exchange
from blackstart.observer.reply import Reply


def classify(exchange: Exchange, acknowledged: tuple[int, ...]) -> tuple[Kind, int]:
    """Return the kind of record, and its error code: the HTTP status, or the `Failure` below 100.

    Failed needs certainty: no byte of the request had left, or the server said that nothing was done.
    Whatever else went wrong after the request had left may have been written.
    """
    reply = exchange.reply
    if reply is None:
        code = int(exchange.failure or 0)
        return (Kind.UNKNOWN, code) if exchange.written_ns else (Kind.FAILED, code)
    if reply.status in acknowledged:
        return Kind.ACKNOWLEDGED, 0
    return (Kind.FAILED, reply.status) if _says_nothing_done(reply) else (Kind.UNKNOWN, reply.status)


def _says_nothing_done(reply: Reply) -> bool:
    if 400 <= reply.status < 500:
        return True
    return reply.status == 503 and _declared_outcome(reply.body) == "fail"


def _declared_outcome(body: bytes) -> object:
    try:
        data = json.loads(body)
    except ValueError:
        return None
    return data.get("outcome") if isinstance(data, dict) else None
