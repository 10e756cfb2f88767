"""All parts, in the document's order."""

from benchmarks.instruments.bench import INSTRUMENTS
from benchmarks.judging import JUDGING
from benchmarks.lab import LAB
from benchmarks.ledger_file import LEDGER
from benchmarks.probing import PROBING
from benchmarks.reconciling import RECONCILING

PARTS = (INSTRUMENTS, PROBING, LEDGER, RECONCILING, JUDGING, LAB)
