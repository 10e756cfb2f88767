"""Loss over time: it counts what the record holds, around the fault, beside a lag that is no RPO."""

import re

from blackstart.history import WatchFile
from blackstart.report import page
from blackstart.report.acknowledged import LAG_WIDTH, acknowledged
from blackstart.report.availability import axis_of
from blackstart.report.record import read
from blackstart.report.seen import instruments
from tests.report.test_page import section


def over_time(folder):
    record = read(folder)
    seen = list(instruments(record))
    return acknowledged(record, seen, axis_of(record, seen))


def test_it_tells_what_survived_and_what_was_lost_and_when(make):
    folder = make()
    make.standby(folder, until_s=7.1)
    (store,) = over_time(folder)
    survived, lost, silent = store.rows
    # Sent from 7.14 s to 7.98 s by one writer and to 7.96 s by the other, each 0.04 s apart; 15 ms until the answer.
    assert lost.text.startswith("acknowledged, lost: 43 writes in this span, from −0.")
    assert lost.path
    assert survived.most == lost.most  # one scale: the rate was the same
    assert silent.text.startswith("no answer, not there: 3 writes in this span")
    assert [mark.label for mark in store.marks] == ["fault", "promoted", "recovered"]


def test_nothing_lost_is_said_not_drawn(make):
    folder = make()
    make.standby(folder, until_s=8.2)
    _, lost, _ = over_time(folder)[0].rows
    assert (lost.path, lost.most) == ("", "none")
    assert "0 writes" in lost.text


def test_without_survivors_of_this_run_there_is_no_picture(make):
    folder = make()
    assert over_time(folder) == []
    make.standby(folder, run="another-run")
    assert over_time(folder) == []
    (folder / "history" / "survivors-orders-standby.json").write_text("{")
    assert over_time(folder) == []


def test_a_drill_that_recovers_in_the_primary_is_read_back_there(make):
    folder = make("x", run={"recovers_in": "primary"})
    make.standby(folder)
    assert over_time(folder) == []
    history = folder / "history"
    (history / "survivors-orders-standby.json").rename(history / "survivors-orders-primary.json")
    assert len(over_time(folder)) == 1


def test_what_was_written_after_the_reading_is_left_out(make):
    folder = make()
    make.standby(folder)
    (store,) = over_time(folder)
    total = int(re.search(r"survived: ([\d,]+) writes", store.rows[0].text)[1].replace(",", ""))
    assert 0 < total < 1100  # of 1,164 acknowledged ones


def test_the_lag_metric_stands_beside_it_and_is_never_an_rpo(make):
    folder = make()
    make.standby(folder)
    watch = WatchFile(folder / "history", "lag-AuroraGlobalDBReplicationLag")
    for second, value in ((7.0, 100), (8.0, 1000), (9.0, None), (10.0, 0), (29.0, 77_777)):
        watch.append(make.at(second), value)
    watch.close()
    other = WatchFile(folder / "history", "pods")
    other.append(make.at(8), 2)
    other.close()
    (store,) = over_time(folder)
    (lag,) = store.lags
    assert lag.most == "1000"
    assert lag.text == "lag-AuroraGlobalDBReplicationLag: 3 readings in this span, from 0 to 1000; 1 without an answer"
    assert lag.path.count("M") == 2  # broken where the metric gave nothing
    assert max(float(x) for x in re.findall(r"[ML](\d+)", lag.path)) <= LAG_WIDTH
    loss = section(page.write(folder).read_text(encoding="utf-8"), "loss")
    assert "It is never an RPO" in loss
    assert "lag-AuroraGlobalDBReplicationLag" in loss


def test_without_a_lag_metric_the_page_says_that_there_was_none(make):
    folder = make()
    make.standby(folder)
    assert "No lag metric of the service was watched" in section(page.write(folder).read_text("utf-8"), "loss")
