"""The lab's Aurora Global Database: PostgreSQL in both regions, replicated through a link.

Only what the janitor needs is imported here; :class:`Aurora` is in ``blackstart.lab.aurora.controller``.
"""

from typing import TYPE_CHECKING, Any

from blackstart.lab.aurora.leftovers import Remains, remains, remove

if TYPE_CHECKING:
    from blackstart.lab.aurora.controller import Aurora
    from blackstart.lab.aurora.errors import AuroraError, GlobalClusterStateError

__all__ = ["Aurora", "AuroraError", "GlobalClusterStateError", "Remains", "remains", "remove"]


def __getattr__(name: str) -> Any:
    """Import the database's part when it is asked for: psycopg takes time that the janitor does not need."""
    if name == "Aurora":
        from blackstart.lab.aurora.controller import Aurora  # noqa: PLC0415 (lazy on purpose: see above)

        return Aurora
    if name in {"AuroraError", "GlobalClusterStateError"}:
        from blackstart.lab.aurora import errors  # noqa: PLC0415 (lazy on purpose: see above)

        return getattr(errors, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
