"""The accelerator's reaction time: health counts only once it has stayed for so long."""

from dataclasses import dataclass, field


@dataclass
class Reaction:
    """Follows the endpoints' health ``delay_s`` late, both ways; a change that does not last is never seen.

    The first look at an endpoint counts at once. Times: seconds of one monotonic clock.
    """

    delay_s: float
    _settled: dict[str, bool] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)

    def healthy(self, seen: dict[str, bool], now_s: float) -> frozenset[str]:
        """Return the ids that count as healthy, given what target health says now. Absent ids are forgotten."""
        for gone in set(self._settled) - set(seen):
            self._settled.pop(gone)
            self._since.pop(gone, None)
        for endpoint, health in seen.items():
            self._look(endpoint, health, now_s)
        return frozenset(endpoint for endpoint, health in self._settled.items() if health)

    def _look(self, endpoint: str, health: bool, now_s: float) -> None:
        if self._settled.setdefault(endpoint, health) == health:
            self._since.pop(endpoint, None)
        elif now_s - self._since.setdefault(endpoint, now_s) >= self.delay_s:
            self._settled[endpoint] = health
            del self._since[endpoint]
