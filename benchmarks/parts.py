"""All parts, in the document's order."""

from benchmarks.instruments.bench import INSTRUMENTS
from benchmarks.judging import JUDGING
from benchmarks.lab import LAB
from benchmarks.ledger_file import LEDGER
from benchmarks.probing import PROBING
from benchmarks.reconciling import RECONCILING
from benchmarks.report import REPORT

PARTS = (INSTRUMENTS, PROBING, LEDGER, RECONCILING, JUDGING, REPORT, LAB)
