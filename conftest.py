"""Loads blackstart's own pytest plugin, which is also there where blackstart is not installed (a plain checkout)."""

pytest_plugins = ["blackstart.pytest_plugin"]
