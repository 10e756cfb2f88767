"""What speaks for and against a verdict, and the rule that none is green by accident."""

from dataclasses import dataclass, field


@dataclass
class Findings:
    """Sentences for a person, by what they weigh.

    ``doubts``: the evidence itself does not hold, so nothing can be said. ``failures``: the drill did not go as it
    should. ``misses``: an objective was certainly missed. ``unsettled``: the bounds leave it open. ``notes``: the rest.
    """

    doubts: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    interrupted: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """Doubt beats a miss, a miss beats a failed step; met is what is left when nothing speaks against it."""
        if self.refused:
            return "refused"
        if self.interrupted:
            return "aborted"
        if self.doubts:
            return "inconclusive"
        if self.misses:
            return "missed"
        return "inconclusive" if self.failures or self.unsettled else "met"

    @property
    def reasons(self) -> list[str]:
        """Return the sentences, causes first: a step that failed is why something could not be known.

        What never ran, or not to its end, is not judged further.
        """
        if self.refused:
            return self.refused
        if self.interrupted:
            return [*self.interrupted, *self.failures]
        every = [*self.failures, *self.doubts, *self.misses, *self.unsettled, *self.notes]
        return list(dict.fromkeys(every))
