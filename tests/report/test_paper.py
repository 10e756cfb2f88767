"""report.pdf: the same content on paper, with fonts of its own, and nothing fetched from anywhere."""

import os
import signal
import subprocess
import sys

import plutoprint
import pytest
from pypdf import PdfReader

from blackstart.report import documents, page, paper, printer, printing
from blackstart.report.record import read
from tests.report.test_page import EVIL, Page, evil

BARE = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>FOLDER</dir><cachedir>FOLDER</cachedir></fontconfig>"""


def text_of(path):
    return " ".join(" ".join(one.extract_text() for one in PdfReader(path).pages).split())


def test_both_say_the_same(make):
    folder = make()
    make.standby(folder)
    written = documents.write(folder)
    assert (written.page, written.paper) == (folder / "report.html", folder / "report.pdf")
    found = PdfReader(written.paper)
    assert 4 <= len(found.pages) <= 14
    assert found.metadata.title == "Loss of the primary region – drill report"
    told = text_of(written.paper)
    for words in (
        "Service recovered 6.12 s after the fault",
        "capacity ready after 2.29 s",
        "Objectives against results",
    ):
        assert words in told, words
    # Every heading of the page, in its order.
    headings = [section["id"] for section in Page(written.page.read_text("utf-8")).all("section")]
    assert len(headings) == 12
    for words in ("Phases", "Availability", "Latency", "Data loss", "What was done", "Findings", "Raw record"):
        assert words in told, words
    assert f"1 / {len(found.pages)}" in told
    assert not list(folder.glob("*.part"))


def test_a_machine_without_any_font_prints_it_all(make, tmp_path):
    folder = make()
    (tmp_path / "fonts.conf").write_text(BARE.replace("FOLDER", str(tmp_path / "none")))
    code = "import sys; from pathlib import Path; from blackstart.report import documents as d; "
    code += "print(d.write(Path(sys.argv[1])).paper)"
    environment = os.environ | {"FONTCONFIG_FILE": str(tmp_path / "fonts.conf")}
    run = subprocess.run(
        [sys.executable, "-c", code, folder], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == str(folder / "report.pdf")
    assert "Service recovered 6.12 s after the fault" in text_of(folder / "report.pdf")
    assert run.stderr == ""


@pytest.mark.parametrize("outcome", ["missed", "inconclusive", "aborted"])
def test_what_went_wrong_stands_on_the_first_sheet(make, outcome):
    written = documents.write(make("x", change={"outcome": outcome, "reasons": ["because of this"]}))
    first = " ".join(PdfReader(written.paper).pages[0].extract_text().split())
    assert first.index(outcome.capitalize()) < first.index("because of this") < first.index("6.12 s after the fault")


def test_only_our_fonts_are_ever_fetched(make, monkeypatch, tmp_path):
    asked = []

    class Watched(printer.OwnFonts):
        def fetch_url(self, url):
            asked.append(url)
            return super().fetch_url(url)

    monkeypatch.setattr(printer, "OwnFonts", Watched)
    change = evil({"reasons": ["x"], "fidelity": ["<img src='http://127.0.0.1:9/x.png'><link rel=stylesheet href=x>"]})
    shown = page.content(read(make("x", change=change, run={"title": EVIL})))
    printer.render(str(tmp_path / "x.pdf"), page.render(shown, paper.SHEETS, paper=True), "x", "y")
    assert asked
    assert {url.removeprefix("font:") for url in asked} <= set(printer.CUTS)
    for url in ("http://127.0.0.1/", "file:///etc/passwd", "font:../../x", "font:", "Regular"):
        with pytest.raises(ValueError, match="not ours"):
            printer.OwnFonts().fetch_url(url)


def test_the_fetcher_is_the_one_that_is_asked():
    book = plutoprint.Book()
    book.custom_resource_fetcher = printer.OwnFonts()
    with pytest.raises(plutoprint.Error):
        book.load_url("file:///etc/passwd")


def test_a_renderer_that_fails_leaves_the_page_and_no_older_paper(make, monkeypatch):
    folder = make()
    documents.write(folder)
    monkeypatch.setattr(printing, "PROGRAM", ("-c", "import sys; sys.exit('out of paper')"))
    written = documents.write(folder)
    assert written.paper is None
    assert "out of paper" in written.problem
    assert written.page.exists()
    assert not (folder / "report.pdf").exists()


def test_a_renderer_that_crashes_takes_nothing_with_it(make, monkeypatch):
    monkeypatch.setattr(printing, "PROGRAM", ("-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"))
    written = documents.write(make())
    assert written.paper is None
    assert f"ended by signal {signal.SIGSEGV.value}" in written.problem


def test_the_paper_leads_nowhere_and_hides_nothing(make):
    found = Page(page.render(page.content(read(make())), paper.SHEETS, paper=True))
    assert not found.all("a")
    assert not found.all("details")
    assert "drill started" in found.text


def test_long_words_stay_on_the_sheet(make):
    undo = make.acts()
    undo[0]["target"] = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/" + "x" * 120
    written = documents.write(make("x", undo=undo, change={"outcome": "missed", "reasons": ["y" * 300]}))
    for sheet in PdfReader(written.paper).pages:
        right = float(sheet.mediabox.right)
        places = []
        sheet.extract_text(
            visitor_text=lambda text, cm, tm, *_, places=places: places.append((tm[4], text)) if text.strip() else None
        )
        assert all(at < right - 20 for at, _ in places)
