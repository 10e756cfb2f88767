import errno

import pytest

from blackstart.history import LEDGER, Entry, Kind, LedgerFile, pack_entries
from blackstart.history.reading import read_records


def test_an_event_s_fields_are_those_of_an_entry(tmp_path):
    path = tmp_path / "ledger-orders.bin"
    file = LedgerFile(path)
    for seq in range(200):
        file.record(Kind.ACKNOWLEDGED, 3, seq, 1_000 + seq, 2, 1)
    assert file.wait_synced(file.position, 10)
    assert path.read_bytes() == pack_entries(
        [Entry(Kind.ACKNOWLEDGED, 3, seq, 1_000 + seq, 2, 1) for seq in range(200)]
    )
    file.close()
    records, damage = read_records(path, LEDGER)
    assert damage is None
    assert records["seq"].tolist() == list(range(200))


def test_a_block_is_reserved_without_an_endpoint(tmp_path):
    file = LedgerFile(tmp_path / "ledger-orders.bin", flush_s=0.001)
    file.record(Kind.RESERVED, 0, 1, 5, aux=64)
    file.close()
    (record,) = read_records(tmp_path / "ledger-orders.bin", LEDGER)[0]
    assert (record["endpoint"], record["aux"]) == (0, 64)


def test_a_record_that_does_not_fit_ends_the_file_with_a_reason(tmp_path):
    told = []
    file = LedgerFile(tmp_path / "ledger-orders.bin", on_error=told.append)
    file.record(Kind.SENT, 1 << 16, 1, 1)
    file.record(Kind.SENT, 1 << 16, 2, 2)
    with pytest.raises(OSError, match="does not fit"):
        file.close()
    assert [error.errno for error in told] == [errno.EINVAL]
    assert (tmp_path / "ledger-orders.bin").read_bytes() == b""
