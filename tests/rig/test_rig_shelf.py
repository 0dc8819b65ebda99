"""Boards at serial ports, side by side: flashed, reset, switched, and found again; or silent, old, missing."""

import contextlib
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.repository import HASH, Case, Ran, made, once, run_pytest, workers_of
from tools.rig.emulator import emulator_control

SHELF = """
[[board]]
name = "desk"
kind = "virtual"
serial = "A1"
reset = "link"
power_cycle = "'{python}' power_cycle.py '{folder}' {{serial}} {{hub}} {{hub_port}}"
meter = "ppk2"

[[board]]
name = "silent"
kind = "virtual"
serial = "B2"
environment = "blank"
settle_s = 1

[[board]]
name = "old"
kind = "virtual"
location = "1-1.3"
environment = "blank"
settle_s = 1

[[board]]
name = "absent"
kind = "nano33ble"
serial = "D4"
environment = "blank"
"""
POWER_CYCLE = """
import sys, time
sys.path.insert(0, "thimble/platforms/virtual")
from pathlib import Path
import emulator_control
folder = Path(sys.argv[1])
was = emulator_control.state(folder)
emulator_control.stop(folder)
Path("switched").write_text(" ".join(sys.argv[2:]))
time.sleep(0.5)
emulator_control.start(folder, was.program, was.machine)
"""


@contextlib.contextmanager
def plugged_in(folder: Path) -> Iterator[None]:
    """Three of the shelf's boards: desk with a firmware of before, silent that says nothing, old that never changes."""
    desk = folder / ".pio" / "rig" / "desk"
    command = [sys.executable, "-m", "platformio", "run", "-e", "counter-virtual", "-t", "upload"]
    given = os.environ | {"PLATFORMIO_WORKSPACE_DIR": str(desk), "SERVICE_BUILD": "before"}
    subprocess.run(command, cwd=folder, env=given, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    master, slave = pty.openpty()
    silent, old, running = folder / "silent", folder / "old", desk / "virtual" / "counter-virtual"
    silent.symlink_to(os.ttyname(slave))
    before = emulator_control.state(running)
    emulator_control.start(old, str(shutil.copy(before.program, folder / "old.elf")), before.machine)
    links = {"A1": running / "console", "B2": silent, "C3": old / "console"}
    ports = [{"serial": name, "location": f"1-1.{n}:1.0", "link": str(links[name])} for n, name in enumerate(links, 1)]
    (folder / "ports.json").write_text(json.dumps(ports))
    (folder / "rig.toml").write_text(SHELF.format(python=sys.executable, folder=running))
    (folder / "power_cycle.py").write_text(POWER_CYCLE)
    try:
        yield
    finally:
        for state in list(folder.rglob(emulator_control.STATE)):  # also those of silent and old
            emulator_control.stop(state.parent)
        os.close(slave)
        os.close(master)


@pytest.fixture(scope="session")
def shelf(common) -> Ran:
    """Boards at serial ports, one of them missing."""

    def run() -> Ran:
        folder = made(common / "shelf")
        with plugged_in(folder):
            return run_pytest(folder, "checks/test_shelf.py", "--rig", "rig.toml")

    return once(common, "shelf", run)


def on(ran: Ran, board: str, name: str) -> Case:
    return ran.cases[f"test_{name}[{board}-counter]"]


@pytest.mark.parametrize(
    "name", ["it_answers", "a_reset_is_one", "power_comes_back_under_another_name", "a_meter_is_told"]
)
def test_a_board_at_a_serial_port_is_flashed_reset_switched_and_found_again(shelf, name):
    assert on(shelf, "desk", name).outcome == "passed", shelf.output


def test_a_reset_that_does_nothing_is_noticed(shelf):
    case = on(shelf, "desk", "a_reset_that_does_nothing_fails")
    assert case.text.strip() == "desk: expected it to have started afresh, found it running since before"


def test_commands_of_the_rig_learn_where_the_board_is(shelf, common):
    assert on(shelf, "desk", "power_comes_back_under_another_name").outcome == "passed"
    assert (common / "shelf" / "switched").read_text() == "A1 1-1 1"


def test_a_silent_board_fails_with_one_line(shelf):
    case = on(shelf, "silent", "it_answers")
    assert case.outcome == "failed"
    assert re.fullmatch(r"silent: expected a Thimble board .*, found silence; flash it with: .*", case.text.strip())


def test_a_board_that_the_upload_did_not_reach_fails_with_one_line(shelf):
    case = on(shelf, "old", "it_answers")
    assert case.outcome == "failed"
    assert re.fullmatch(rf"old: expected build {HASH}, found before; is this the board .*", case.text.strip())


def test_a_missing_board_is_skipped_with_its_name(shelf):
    case = on(shelf, "absent", "it_answers")
    assert case.outcome == "skipped"
    assert case.message.startswith("absent is missing: expected a port with serial D4, found /")
    assert "absent counter: 6 skipped" in shelf.output


def test_what_only_a_virtual_board_can_do_is_skipped_with_the_reason(shelf):
    case = on(shelf, "desk", "a_real_board_cannot_be_played_into")
    assert (case.outcome, case.message) == ("skipped", "desk: only a virtual board's sensors can be played into")


def test_boards_run_in_parallel_each_in_one_worker(shelf):
    workers = workers_of(shelf)
    assert {len(each) for each in workers.values()} == {1}
    assert len(set.union(*workers.values())) == len(workers) == 4


def test_each_board_has_a_column_in_the_report(shelf):
    for board in ("desk", "silent", "old", "absent"):
        assert f"<th>{board}<br>counter</th>" in shelf.page
