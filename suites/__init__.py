"""Game days: pytest suites over the experiments."""
