"""Rendering only: HTML page and terminal."""
