"""tools/update.py gives a board another model, whatever the line, the board and the user do meanwhile.

Most of it is on the board `host`: the same firmware as a process, with its flash in a file.
"""

import dataclasses
import re
import time
from pathlib import Path
from random import Random

import pytest

from ml.commands.pack import committed_header
from ml.image import pack
from ml.link.device import Device
from ml.link.messages import Command
from ml.link.readable import Readable
from ml.link.update import Updater
from ml.update.package import Update
from ml.update.sign import Release, sign
from tests import command
from tests.firmware import Running
from tests.update import signing
from tests.update.line import Faults, Line
from tests.update.sending import (
    APP,
    COUNTERS,
    blocks,
    ctrl_c,
    numbers,
    only_line,
    send,
    started_tool,
    tool,
    update_file,
)

OTHER = "keyword_spotting"


@pytest.fixture(scope="module")
def board(started) -> Running:
    """A board of this module alone."""
    return started(f"{APP}-host", signing.flags())


@pytest.fixture(scope="module")
def other(started) -> Running:
    """One whose image is longer than two pages of flash."""
    return started(f"{OTHER}-host", signing.flags())


def again(update: Update, folder: Path) -> Path:
    """The same with a counter that is new."""
    manifest = dataclasses.replace(update.manifest, counter=next(COUNTERS))
    signed = manifest.encode()
    path = folder / "again.tmu"
    Update(manifest, signed, signing.KEYS.pair().sign(signed), update.payload).write(path)
    return path


def test_a_model_is_given_tried_confirmed_and_told_by_status_and_monitor(board, tmp_path):
    path = update_file(tmp_path)
    version = f"v{path.stem}"
    done = send(board, path)
    assert f"{APP} {version} (counter {path.stem}) is confirmed" in done.stdout
    stages = ["announcing", f"sending blocks ({blocks(path)})", "checking the image", "on trial, windows (2)"]
    assert [line.partition(": ")[2] for line in done.stderr.splitlines()] == stages
    told = tool("status", "--port", board.console).stdout
    assert f"{APP} of test runs slot" in told and version in told and f"counter {path.stem};" in told
    with Device.open(str(board.console)) as device:
        readable, lines = Readable(), []
        device.post(Command.GET_INFO)
        end = time.monotonic() + 5
        while not any("slot" in line for line in lines) and time.monotonic() < end:
            lines += readable.feed(device.port.read())
    assert any(re.search(rf"slot \d, {version}, counter {path.stem}, image [0-9a-f]{{16}}", line) for line in lines)


def test_the_same_update_again_sends_nothing(board, tmp_path):
    path = update_file(tmp_path)
    send(board, path)
    done = send(board, path)
    assert "the board has it already" in done.stderr and "0 B sent" in done.stdout


def test_only_changes_are_sent_against_a_base(board, tmp_path):
    send(board, update_file(tmp_path))
    header = tmp_path / f"{APP}_model.h"
    header.write_text(re.sub(r'"[0-9a-f]{16}"', '"0123456789abcdef"', committed_header(APP).read_text(), count=1))
    base, counter = signing.packed(APP, host=True).data, next(COUNTERS)
    made = sign(pack(header, host=True), signing.KEYS, Release(counter, "changed", 2), base=base)
    made.write(tmp_path / "changed.tmu")
    assert made.sent < 300
    assert f"changed (counter {counter}) is confirmed" in send(board, tmp_path / "changed.tmu").stdout
    with Device.open(str(board.console)) as device:
        assert device.info.model and device.info.model.hash == "0123456789abcdef"
    assert "expected the base of these changes" in send(board, again(made, tmp_path), status=1).stderr


def test_a_line_that_loses_repeats_delays_and_damages_frames_only_takes_longer(board, tmp_path):
    path = update_file(tmp_path)
    faults = Faults(lost=0.08, twice=0.05, late=0.1, damaged=0.05, chance=Random(3))
    with Line(board.console, faults=faults) as line:
        done = tool("--port", line.port, "--image", path, "--block", 96)
    assert f"(counter {path.stem}) is confirmed" in done.stdout
    assert numbers(r"(\d+) answers lost", done.stdout)[0] > 5


@pytest.mark.parametrize("how", [{"baud": 19200}, {"faults": Faults(cut_after=118)}], ids=["slow line", "dead line"])
def test_after_ctrl_c_the_same_command_goes_on_from_there(other, tmp_path, how):
    path = update_file(tmp_path, OTHER)
    with Line(other.console, **how) as line:
        process = started_tool("--image", path, "--block", 48, "--port", line.port)
        end = time.monotonic() + 60
        while line.frames[0] < 120 and time.monotonic() < end:
            time.sleep(0.01)
        ctrl_c(process)
    done = send(other, path, "--block", 48)
    left, all_ = numbers(r"going on with (\d+) of (\d+) blocks", done.stderr)
    assert 0 < left < all_ == blocks(path, 48)


def test_a_board_that_restarts_in_the_middle_goes_on_from_a_page_before(other, tmp_path):
    update = signing.update(OTHER, counter=next(COUNTERS), host=True)
    every = -(-len(update.payload) // 48)
    notes, restarted = [], False
    with Device.open(str(other.console)) as device:
        for step in Updater(device, 48).install(update):
            notes += [step.note] if step.note else []
            if step.stage == "send" and step.done == 100 and not restarted:
                restarted = True
                device.post(Command.RESET_BOARD)
    assert notes[0] == "the board restarted; going on from there"
    (left,) = numbers(rf"going on with (\d+) of {every} blocks", notes[1])
    assert left <= every - 100 + 4096 / 48 + 1  # of the page that was begun nothing is kept


def test_revert_goes_back_to_the_image_before(board, tmp_path):
    first, second = update_file(tmp_path), update_file(tmp_path)
    send(board, first)
    send(board, second)
    told = tool("revert", "--port", board.console).stdout
    assert f"v{first.stem} " in told and f"counter {second.stem};" in told
    assert "the host went back to the image before" in told
    assert "compiled-in model" in tool("revert", "--port", board.console).stdout
    assert "expected an image to go back from" in tool("revert", "--port", board.console, status=1).stderr


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"keys": signing.STRANGERS}, "expected a key that the firmware knows"),
        ({"counter": 1}, "expected a counter above"),
        ({"host": False}, "expected an image for pointers of 8 bytes, found 4"),
    ],
)
def test_a_refusal_is_said_in_words_and_nothing_changes(board, tmp_path, told, expected):
    send(board, update_file(tmp_path))
    before = tool("status", "--port", board.console).stdout
    line = only_line(send(board, update_file(tmp_path, **told), status=1))
    assert line.startswith(f"update.py: {board.console}: {expected}")
    assert tool("status", "--port", board.console).stdout == before


def test_an_update_of_another_application_is_one_line(board, tmp_path):
    path = tmp_path / "x.tmu"
    signing.update(OTHER, counter=1000, host=True).write(path)
    assert f"found the application {APP!r} in place of {OTHER!r}" in send(board, path, status=1).stderr


def test_an_update_that_another_key_signed_is_not_even_sent(board, tmp_path, monkeypatch):
    monkeypatch.setenv("THIMBLE_KEYS", str(tmp_path / "keys"))
    command.run("-m", "ml", "keys", "new", "test", "--header", tmp_path / "k.h", THIMBLE_KEYS=tmp_path / "keys")
    done = send(board, update_file(tmp_path), "--key", "test", status=1)
    assert "expected an update signed by" in done.stderr and len(done.stderr.splitlines()) == 1


def test_of_many_boards_each_has_a_line_and_the_last_line_counts(board, tmp_path):
    path = update_file(tmp_path)
    rig = tmp_path / "rig.toml"
    rig.write_text(
        f'[[board]]\nname = "desk"\nkind = "host"\nport = "{board.console}"\n'
        f'[[board]]\nname = "shelf"\nkind = "nano33ble"\nport = "{tmp_path / "gone"}"\n'
    )
    done = tool("--rig", rig, "--image", path, status=1)
    assert done.stdout.splitlines()[0].startswith(f"desk: {APP} v{path.stem} (counter {path.stem}) is confirmed")
    assert done.stdout.splitlines()[-1] == "1 of 2 boards are done"
    assert "shelf: shelf is missing: expected a port at" in done.stderr
    done = tool("status", "--rig", rig, "--board", "desk")
    assert f"counter {path.stem};" in done.stdout and len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "expected --image with an update file, found none"),
        (["--image", "x.tmu", "--block", 44], "expected a multiple of 8 bytes as --block, found 44"),
        (["--image", "x.tmu", "--board", "desk"], "expected --rig beside --board"),
        (["status", "--image", "x.tmu"], "expected no --image and no --key for status"),
        (["--image", "no.tmu"], "no.tmu"),
        (["--image", "text.tmu"], "text.tmu: expected an update file (TMU1)"),
    ],
)
def test_a_mistake_at_the_command_line_is_one_line(tmp_path, words, expected):
    signing.update(APP, counter=1).write(tmp_path / "x.tmu")
    (tmp_path / "text.tmu").write_text("text")
    words = [tmp_path / word if str(word).endswith(".tmu") else word for word in words]
    done = tool(*words, status=1)
    assert expected in done.stderr and len(done.stderr.splitlines()) == 1
