"""What is in the outbox stays until every output has it; a full one refuses and keeps what it has."""

import resource
import subprocess
import sys

import pytest

from ml.errors import UserError
from ml.gateway.outbox import BOOTS, Event, FullError, Heard, Outbox
from ml.paths import ROOT


def event(sequence: int, received_us: int = 1, body: str = "{}") -> Event:
    return Event("n", 1, 0, sequence, received_us, received_us, body)


def numbers(outbox: Outbox) -> list[int]:
    return [number for number, _ in outbox.after(0, 10**6)]


def test_events_stay_until_every_output_has_passed_them_and_no_rule_may_need_them(tmp_path):
    outbox = Outbox(tmp_path / "o.db", 10, ["http", "mqtt"])
    outbox.store([event(n, received_us=n) for n in range(10)], [Heard("n", 1, 0, 10, 7)], 1)
    outbox.pass_on("http", 10, keep_since_us=10**6)
    assert numbers(outbox) == list(range(1, 11)) and outbox.waiting() == {"http": 0, "mqtt": 10}
    outbox.pass_on("mqtt", 8, keep_since_us=5)
    assert numbers(outbox) == list(range(6, 11))
    outbox.pass_on("mqtt", 10, keep_since_us=10**6)
    outbox.close()
    outbox = Outbox(tmp_path / "o.db", 10, ["http", "mqtt"])
    assert numbers(outbox) == [] and outbox.heard() == [Heard("n", 1, 0, 10, 7)]
    outbox.store([event(10)], [], 2)
    assert numbers(outbox) == [11]  # no number is used twice


def test_an_output_that_is_new_begins_with_what_is_there_and_one_that_is_gone_holds_nothing_back(tmp_path):
    outbox = Outbox(tmp_path / "o.db", 10, ["http"])
    outbox.store([event(n) for n in range(4)], [], 1)
    outbox.pass_on("http", 2, keep_since_us=10)
    outbox.close()
    outbox = Outbox(tmp_path / "o.db", 10, ["mqtt"])
    assert outbox.passed("mqtt") == 2 and outbox.waiting() == {"mqtt": 2}


def test_a_full_outbox_refuses_whole_batches_keeps_what_it_has_and_goes_on_when_there_is_room(tmp_path):
    outbox, stored = Outbox(tmp_path / "o.db", 1, ["http"]), 0
    with pytest.raises(FullError, match="full"):
        while True:
            outbox.store([event(n, body="x" * 1000) for n in range(stored, stored + 50)], [], 1)
            stored += 50
    assert len(numbers(outbox)) == stored > 100
    outbox.pass_on("http", stored, keep_since_us=10)
    outbox.store([event(stored)], [], 1)


def test_a_disk_that_takes_no_more_refuses_in_the_same_way(tmp_path):
    program = f"""
import resource, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from ml.gateway.outbox import *
outbox = Outbox(Path({str(tmp_path / "o.db")!r}), 100, ["http"])
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, resource.RLIM_INFINITY))
stored = 0
try:
    while True:
        outbox.store([Event("n", 1, 0, stored, 1, 1, "x" * 2000)], [], 1)
        stored += 1
except FullError:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    outbox.store([Event("n", 1, 0, stored, 1, 1, "")], [], 1)
    print(stored, len(outbox.after(0, 10**6)))
"""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    stored, found = map(int, done.stdout.split())
    assert found == stored + 1 > 10


def test_of_a_node_that_starts_again_and_again_the_last_runs_are_remembered(tmp_path):
    outbox = Outbox(tmp_path / "o.db", 10, ["http"])
    for boot in range(20):
        outbox.store([], [Heard("n", boot, 0, 1, 1), Heard("other", 1, 0, 1, 1)], at=boot)
        outbox.forget_boots("n")
    heard = outbox.heard()
    assert [one.boot for one in heard if one.node == "n"] == list(range(20 - BOOTS, 20))
    assert len(heard) == BOOTS + 1


@pytest.mark.parametrize("content", [b"no database, whatever it is" * 100, b"SQLite format 3\0" + bytes(2000)])
def test_another_file_in_its_place_is_one_line(tmp_path, content):
    (tmp_path / "o.db").write_bytes(content)
    with pytest.raises(UserError, match="expected an outbox to write, found"):
        Outbox(tmp_path / "o.db", 10, ["http"])
