"""Reports how many disruptions each budget allows."""

from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.eviction import disruptions_allowed
from blackstart.lab.kubernetes.objects.kinds import DISRUPTION_BUDGETS, PODS
from blackstart.lab.kubernetes.objects.shape import namespace


def reconcile(changes: Changes) -> None:
    """Bring every budget's status up to date."""
    for budget in changes.store.every(DISRUPTION_BUDGETS):
        allowed = disruptions_allowed(budget, changes.store.every(PODS, namespace(budget)))
        status = {"disruptionsAllowed": allowed, "observedGeneration": budget["metadata"].get("generation", 1)}
        changes.set_status(DISRUPTION_BUDGETS, budget, status)
