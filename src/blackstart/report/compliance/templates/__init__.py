"""The compliance report's template and its style sheet, as package data."""
