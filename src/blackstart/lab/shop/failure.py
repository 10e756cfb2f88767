"""How a request can fail: surely without effect, or nobody knows."""

from blackstart.outcome import Outcome


class ServiceError(Exception):
    """The request cannot be answered. ``status``: the HTTP status; ``outcome``: what is known of its effect."""

    outcome = Outcome.FAIL

    def __init__(self, reason: str, status: int = 503) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class RefusedError(ServiceError):
    """Surely without effect: nothing was sent, or the database said no."""


class ReadOnlyError(RefusedError):
    """The database is no writer (any more): its name may point elsewhere by now."""


class UnknownError(ServiceError):
    """The statement was sent, and whether it was committed is not known."""

    outcome = Outcome.UNKNOWN
