import pytest

from blackstart.history import Kind, LedgerFile, WriteOutcome, read_ledger
from blackstart.history.reading import LEDGER, read_records
from blackstart.observer.sequences import Sequences


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger-orders.bin"


def test_none_before_its_reservation_is_on_the_disk(path):
    journal = LedgerFile(path, flush_s=600)
    sequences = Sequences(0, journal, 4)
    sequences.reserve(1)
    assert sequences.take(2) is None
    assert path.stat().st_size == 0
    journal.close()
    assert sequences.take(3) == 1


def test_every_sequence_once_and_reserved_ahead(path):
    journal = LedgerFile(path, flush_s=0.001)
    sequences = Sequences(2, journal, 4)
    taken = []
    journal.wait_synced(sequences.reserve(1), 10)
    while len(taken) < 22:
        seq = sequences.take(2)
        if seq is None:
            journal.wait_synced(journal.position, 10)
        else:
            taken.append(seq)
            reserved, _ = read_records(path, LEDGER)
            assert seq < (reserved["seq"] + reserved["aux"]).max()
    assert taken == list(range(1, 23))
    sequences.hand_back(3)
    journal.close()
    ledger = read_ledger(path)
    assert ledger.seq[ledger.outcome == WriteOutcome.UNKNOWN].tolist() == taken
    assert ledger.seq[ledger.outcome == WriteOutcome.NONE].tolist() == list(range(23, 29))
    assert set(read_records(path, LEDGER)[0]["kind"].tolist()) == {Kind.RESERVED}
