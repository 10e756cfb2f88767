from types import SimpleNamespace

import pytest

from blackstart.history import Kind
from blackstart.observer.classification import classify
from blackstart.observer.exchange import Failure
from blackstart.observer.reply import Reply


def answered(status, body=b""):
    return SimpleNamespace(reply=Reply(status, {}, body), failure=None, written_ns=1)


def unanswered(failure, written_ns):
    return SimpleNamespace(reply=None, failure=failure, written_ns=written_ns)


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (answered(200), (Kind.ACKNOWLEDGED, 0)),
        (answered(201), (Kind.ACKNOWLEDGED, 0)),
        (answered(202), (Kind.UNKNOWN, 202)),
        (answered(302), (Kind.UNKNOWN, 302)),
        (answered(409), (Kind.FAILED, 409)),
        (answered(503), (Kind.UNKNOWN, 503)),
        (answered(503, b'{"outcome": "fail"}'), (Kind.FAILED, 503)),
        (answered(503, b'{"outcome": "unknown"}'), (Kind.UNKNOWN, 503)),
        (answered(503, b"[]"), (Kind.UNKNOWN, 503)),
        (answered(500, b'{"outcome": "fail"}'), (Kind.UNKNOWN, 500)),
        (unanswered(Failure.REFUSED, 0), (Kind.FAILED, Failure.REFUSED)),
        (unanswered(Failure.UNRESOLVED, 0), (Kind.FAILED, Failure.UNRESOLVED)),
        (unanswered(Failure.TIMEOUT, 0), (Kind.FAILED, Failure.TIMEOUT)),
        (unanswered(Failure.TIMEOUT, 7), (Kind.UNKNOWN, Failure.TIMEOUT)),
        (unanswered(Failure.RESET, 7), (Kind.UNKNOWN, Failure.RESET)),
    ],
)
def test_what_an_answer_means(exchange, expected):
    assert classify(exchange, (200, 201)) == expected
