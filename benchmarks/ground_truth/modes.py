"""The six ways in which the server breaks, by name and by what its clients see."""

MODES = {
    "refused": "nothing listens: every connection is refused",
    "hang": "accepts, and never answers",
    "syn-drop": "new connections get no answer at all, not even a refusal",
    "503": "answers at once, and wrongly",
    "brown-out": "answers rightly, but after 2 s",
    "stall": "accepts; everything in flight is answered when the outage ends",
}
SLOW_S = 2.0
