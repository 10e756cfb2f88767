"""The two-region twin that runs on one machine."""
