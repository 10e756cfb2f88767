"""The verdict's stores, apart: what the fault cost, and what the way back cost."""

from collections.abc import Mapping
from typing import Any

from blackstart.report.quantities import count, part

Stores = list[tuple[str, Mapping[str, Any]]]
AFTER_FAILBACK = "-after-failback"
"""How the verdict names a store's second reading: the same writes again, so never added to the first."""


def stores(verdict: Mapping[str, Any]) -> Stores:
    """Return every entry, in the verdict's order."""
    return [(str(name), store) for name, store in (verdict.get("stores") or {}).items() if isinstance(store, Mapping)]


def at_failover(verdict: Mapping[str, Any]) -> Stores:
    """Return the entries that tell what the failover cost."""
    return [(name, store) for name, store in stores(verdict) if not name.endswith(AFTER_FAILBACK)]


def at_failback(verdict: Mapping[str, Any]) -> Stores:
    """Return the entries that tell what the failback cost besides."""
    return [(name, store) for name, store in stores(verdict) if name.endswith(AFTER_FAILBACK)]


def total(found: Stores, field: str) -> int | None:
    """Return a count over all entries, None where any of them was not measured."""
    values = [store.get(field) for _, store in found]
    return None if not values or None in values else sum(value for value in values if value is not None)


def worst_rpo(verdict: Mapping[str, Any]) -> Any:
    """Return the RPO of the store that lost most at the failover, None where any was not measured."""
    found = [store.get("rpo") for _, store in at_failover(verdict)]
    if not found or any(part(rpo, "point_s") is None for rpo in found):
        return None
    return max(found, key=lambda rpo: part(rpo, "point_s") or 0.0)


def lost_at_most(store: Mapping[str, Any]) -> int | None:
    """Return the upper bound of the lost writes: those without an answer that are not there count too."""
    if store.get("lost_at_most") is not None or store.get("lost") is None:
        return store.get("lost_at_most")
    return int(store["lost"] + (store.get("indeterminate") or 0) - (store.get("recovered_unknown") or 0))


def lost(store: Mapping[str, Any]) -> str:
    """Return the lost writes with their upper bound: "45 (at most 47)"."""
    number, most = store.get("lost"), lost_at_most(store)
    return f"{count(number)} (at most {count(most)})" if most is not None and most != number else count(number)
