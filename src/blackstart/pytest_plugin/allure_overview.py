"""What Allure shows over all drills: which system they were run on, and why drills fail."""

import json
from pathlib import Path
from typing import Any

CATEGORIES = (
    ("An objective was missed", "missed its objectives"),
    ("The evidence does not decide", " is inconclusive"),
    ("Interrupted", "was interrupted by"),
    ("Something is still to be put right", "Next: blackstart (restore|failback)"),
    ("Never run", "was not run"),
)


def write(folder: Path, verdict: dict[str, Any]) -> None:
    """Write Allure's categories and environment into its folder of results."""
    folder.mkdir(parents=True, exist_ok=True)
    # Written out for both: Allure 2 matches whole messages in Java, Allure 3 in JavaScript, which knows no "(?s)".
    found = [
        {"name": name, "messageRegex": rf"[\s\S]*{says}[\s\S]*", "matchedStatuses": ["failed", "broken"]}
        for name, says in CATEGORIES
    ]
    (folder / "categories.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    lines = (f"{name}={value}\n" for name, value in environment(verdict).items() if value)
    (folder / "environment.properties").write_text("".join(lines), encoding="utf-8")


def environment(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return what the drills were run on."""
    found, versions = verdict.get("environment") or {}, verdict.get("versions") or {}
    regions = found.get("regions") or {}
    return {
        "kind": found.get("kind"),
        "primary": regions.get("primary"),
        "standby": regions.get("standby"),
        "accounts": ", ".join(found.get("accounts") or []),
        "engine": found.get("engine"),
        "timing": found.get("timing"),
        **{name.replace("-", "_"): version for name, version in versions.items()},
    }
