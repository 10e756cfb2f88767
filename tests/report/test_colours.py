"""Every colour of the style sheet against its grounds, by WCAG 2.2: 4.5:1 for text, 3:1 for what a figure needs."""

import re
from importlib.resources import files as resources
from itertools import pairwise

import pytest

from blackstart.report import sheet

TEXT = ("ink", "soft", "green", "red", "amber", "blue", "violet", "grey")
FIGURES = ("good", "bad", "hatch", "void", "mark", "unknown", "region-0", "region-1", "region-2")
HEAT = tuple(f"heat-{level}" for level in range(1, 6))
GROUNDS = ("paper", "tint")
ON_THE_BADGE = ("green", "red", "amber", "blue", "violet", "grey")


def style_sheet(name: str) -> str:
    return resources(sheet.SHARED).joinpath("templates", name).read_text(encoding="utf-8")


def schemes() -> dict[str, dict[str, str]]:
    """Return the colours of each scheme by name, as the style sheet's :root blocks set them."""
    blocks = re.findall(r":root \{(.*?)\}", style_sheet("colours.css"), re.DOTALL)
    found = [dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block)) for block in blocks]
    return dict(zip(("light", "dark", "print"), found, strict=True))


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_stands_out_on_every_ground(scheme):
    colours = schemes()[scheme]
    faint = {
        f"{text} on {ground}": contrast(colours[text], colours[ground])
        for text in TEXT
        for ground in GROUNDS
        if contrast(colours[text], colours[ground]) < 4.5
    }
    assert not faint
    assert all(contrast(colours["paper"], colours[accent]) >= 4.5 for accent in ON_THE_BADGE)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_what_a_figure_needs_stands_out_from_the_paper(scheme):
    colours = schemes()[scheme]
    assert not {name: ratio for name in (*FIGURES, *HEAT) if (ratio := contrast(colours[name], colours["paper"])) < 3}


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_more_answers_are_always_further_from_the_paper(scheme):
    colours = schemes()[scheme]
    ratios = [contrast(colours[name], colours["paper"]) for name in HEAT]
    assert ratios == sorted(ratios)
    assert all(after / before > 1.2 for before, after in pairwise(ratios))


def test_every_scheme_sets_every_colour_and_no_rule_brings_its_own():
    names = {scheme: set(colours) for scheme, colours in schemes().items()}
    assert names["light"] == names["dark"] == names["print"]
    assert {*TEXT, *FIGURES, *HEAT, *GROUNDS} <= names["light"]
    for name in ("figures.css", "style.css"):
        assert not re.findall(r"#[0-9a-f]{3,6}\b(?!\))", style_sheet(name)), name
    used = set(
        re.findall(r"var\(--([a-z0-9-]+)\)", "".join(map(style_sheet, ("figures.css", "style.css", "paper.css"))))
    )
    assert used <= names["light"] | {"accent"}
