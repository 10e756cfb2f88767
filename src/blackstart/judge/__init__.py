"""Judging: pure functions of what was recorded."""
