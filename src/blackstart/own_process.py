"""Processes of our own kind: started so that they find this very package, however this process found it."""

import os
from pathlib import Path

import blackstart


def environment() -> dict[str, str]:
    """Return this process's environment, with this package first on the search path."""
    home = str(Path(blackstart.__file__).parents[1])
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))}
