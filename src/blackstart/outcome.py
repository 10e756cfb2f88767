"""The three outcomes of anything attempted, and the exit codes of the command line."""

from enum import IntEnum, StrEnum


class Outcome(StrEnum):
    """What is known of one attempt: a timed-out attempt is neither done nor not done."""

    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Exit(IntEnum):
    """Exit codes of ``blackstart``. BROKEN beats HOLDING beats the outcome."""

    MET = 0
    MISSED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    REFUSED = 4
    ABORTED = 5
    BROKEN = 6
    HOLDING = 7


class BlackstartError(Exception):
    """What the user can act on: one line that says what, where and what to do next."""

    exit_code = Exit.BROKEN


class UsageError(BlackstartError):
    """Bad input: nothing was started and nothing was changed."""

    exit_code = Exit.USAGE


class InconclusiveError(BlackstartError):
    """There is no answer: what would have given it could not be done."""

    exit_code = Exit.INCONCLUSIVE


class RefusedError(BlackstartError):
    """A guard said no: nothing was changed."""

    exit_code = Exit.REFUSED
