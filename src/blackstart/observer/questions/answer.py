"""What a question is, and what its answer means."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from blackstart.history.records import Result
from blackstart.observer.attempt import Attempt, Failure

_OF_FAILURE = {
    Failure.TIMEOUT: Result.TIMEOUT,
    Failure.REFUSED: Result.REFUSED,
    Failure.RESET: Result.RESET,
    Failure.OBSERVER: Result.INVALID,
}


class Answer(NamedTuple):
    """What an attempt brought: GOOD if the answer was right, however late, else why not.

    ``status`` as in `Sample`; ``said`` is what was answered, for the kinds whose answers are kept when they change.
    """

    result: Result
    status: int = 0
    served_by: int = 0
    said: Mapping[str, Any] | None = None


class Question(Protocol):
    """Asks again and again, each time as a new client."""

    keeps_answers: bool

    def ask(self, on_end: Callable[[Any], None]) -> Attempt:
        """Return a new attempt that was not started yet."""

    def answer(self, attempt: Any) -> Answer:
        """Return what an attempt of this question's that has ended means."""


def failed(failure: Failure) -> Answer:
    """Return what a failure means; its own number is the status where the result alone says too little."""
    result = _OF_FAILURE.get(failure, Result.OTHER)
    return Answer(result, int(failure) if result is Result.OTHER else 0)
