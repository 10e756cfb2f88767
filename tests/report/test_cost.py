"""Size: what a report takes follows the number of answers it must remember, never the bytes of the record."""

import tracemalloc

from benchmarks import report as benchmark
from blackstart.history import Kind, pack_entries, pack_samples, read_canary, read_ledger
from blackstart.history.records import Entry, Sample
from blackstart.report import page
from blackstart.report.record import read
from blackstart.report.seen import instruments

MIX = {"accelerator": 20_000, "orders": 20_000}


def test_the_made_up_run_is_packed_as_a_real_one(tmp_path):
    history = benchmark.make_run(tmp_path / benchmark.RUN, MIX) / "history"
    probes, ledger = read_canary(history / "canary-accelerator.bin"), read_ledger(history / "ledger-orders.bin")
    assert probes.damage is None
    assert ledger.damage is None
    assert (len(probes), len(ledger)) == (20_000, 20_000)
    names = ("seq", "scheduled", "sent", "done", "status", "result", "served_by", "lag_us")
    first = Sample(*(int(getattr(probes, name)[0]) for name in names))
    assert (history / "canary-accelerator.bin").read_bytes()[:48] == pack_samples([first])
    block = Entry(Kind.RESERVED, 0, 0, benchmark.ZERO_NS, 0, 1000)
    assert (history / "ledger-orders.bin").read_bytes()[:33] == pack_entries([block])


def test_the_made_up_loss_is_what_the_report_finds(tmp_path):
    folder = benchmark.make_run(tmp_path / benchmark.RUN, MIX)
    orders = next(seen for seen in instruments(read(folder)) if seen.name == "orders")
    assert orders.fate is not None
    lost = orders.fate.acknowledged & ~orders.fate.survived
    assert int(lost.sum()) == 20  # the last second before the fault, 20 writes a second


def test_a_page_needs_less_memory_than_the_record_has_bytes(tmp_path):
    folder = benchmark.make_run(tmp_path / benchmark.RUN, {"accelerator": 1_000_000})
    record_bytes = (folder / "history" / "canary-accelerator.bin").stat().st_size
    page.write(folder)  # once before: what is loaded only once is not the record's
    tracemalloc.start()
    written = page.write(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < record_bytes * 1.25  # every answer at once, with all its columns and copies, would be four times that
    assert written.stat().st_size < 200_000
