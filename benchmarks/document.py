"""docs/benchmarks.md, from what is stored."""

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.part import Check, Part
from benchmarks.results import Results
from benchmarks.tables import table

Stored = list[tuple[Part, dict[str, Any]]]

HEAD = """# Benchmarks

Written by `make bench` from its own measurements; nothing here is typed by hand. Each part can be measured again alone
(`python -m benchmarks PART`); the data are in [benchmarks/](benchmarks/), a file a part.
"""


def write(results: Results, parts: Sequence[Part]) -> None:
    """Write the document and its pictures."""
    for part, found in stored(results, parts):
        for name, picture in part.pictures(found["measured"]).items():
            results.write(name, picture)
    results.document.write_text(text(results, parts), encoding="utf-8")


def text(results: Results, parts: Sequence[Part]) -> str:
    """Return the document."""
    return "\n".join(lines(stored(results, parts))).rstrip("\n") + "\n"


def stored(results: Results, parts: Sequence[Part]) -> Stored:
    """Return each part that was measured in its present shape, and what is stored of it."""
    return [(part, found) for part in parts if (found := results.get(part.name, part.shape)) is not None]


def lines(measured: Stored) -> Iterator[str]:
    yield HEAD
    yield "## Bounds\n"
    checks = [(part, check) for part, found in measured for check in part.checks(found["measured"])]
    yield from table(("bound", "measured", "held", "part"), (_bound(part, check) for part, check in checks), words=4)
    for part, found in measured:
        yield f"## {part.title}\n"
        yield _about(part, found)
        yield from part.lines(found["measured"])


def _bound(part: Part, check: Check) -> tuple[str, ...]:
    return check.bound, check.figure, "yes" if check.holds else "**no**", part.name


def _about(part: Part, found: dict[str, Any]) -> str:
    about = found["about"]
    return (
        f"`python -m benchmarks {part.name}`, {about['date']}, {about['cores']} cores, {about['system']}, "
        f"Python {about['python']}{_speed(about)}, load average at the end {about['load_average']}.\n"
    )


def _speed(about: dict[str, Any]) -> str:
    if "additions_per_s" not in about:  # as in what was stored before it was measured
        return ""
    built = "" if about["python_is_optimised"] else "built without profile-guided optimisation, "
    return f" ({built}{about['additions_per_s'] / 1e6:.1f} million additions a second)"
