"""Whose actions a log may call: blackstart's own, and those of installed packages that offer theirs.

Putting things right calls functions that a file names. Only packages that somebody installed on purpose may be among
them: a package offers its actions by an entry point of the group ``blackstart.actions``.
"""

from functools import cache
from importlib.metadata import entry_points

GROUP = "blackstart.actions"
OWN = "blackstart.actions"


@cache
def packages() -> tuple[str, ...]:
    """Return the packages whose actions may be called, blackstart's own first."""
    return (OWN, *sorted(point.value for point in entry_points(group=GROUP)))


def offers(module: str) -> bool:
    """Tell whether a module is, or is inside of, a package whose actions may be called."""
    return any(module == package or module.startswith(f"{package}.") for package in packages())
