"""The process that observes: canaries, ledger and heartbeats."""
