"""Size: judging a ledger takes little more memory than the ledger has bytes, and no copy of a copy."""

import tracemalloc

from benchmarks import report as benchmark
from blackstart import judge
from blackstart.judge import record, series


def test_judging_needs_no_more_than_a_half_beyond_the_records_bytes(tmp_path, monkeypatch):
    folder = benchmark.make_run(tmp_path / benchmark.RUN, {"orders": 1_000_000})
    record_bytes = (folder / "history" / "ledger-orders.bin").stat().st_size
    for module in (record, series):
        monkeypatch.setattr(module, "PIECE", 1 << 16)  # as small beside this ledger as it is beside a large one
    judge.run(folder)  # once before: what is loaded only once is not the record's
    tracemalloc.start()
    judge.run(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < record_bytes * 1.5  # each column of each step as a copy of its own would be twice that
