"""Times of day, as tools log them, on the clock of the truth."""

from datetime import UTC, datetime

from blackstart.clock import SystemClock


def offset_s() -> float:
    """Return what to add to a time of day (seconds since 1970) to have monotonic seconds."""
    clock = SystemClock()
    return clock.now_ns() / 1e9 - clock.wall().timestamp()


def instant_s(text: str) -> float:
    """Return an ISO time as seconds since 1970; one without a zone is in UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
