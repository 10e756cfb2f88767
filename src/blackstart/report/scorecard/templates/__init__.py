"""The scorecard's template and its style sheet, as package data."""
