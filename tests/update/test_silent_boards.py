"""tools/update.py at the port of a board that says little or nothing."""

import os
import time
import tty

from ml.link.frames import Frame
from ml.link.messages import Command, Status, Type
from tests.link.pretender import INFO, Pretender
from tests.update.sending import APP, ctrl_c, only_line, started_tool, tool, update_file


class Old(Pretender):
    """Firmware from before there were updates."""

    def _answer(self, frame: Frame) -> None:
        self.say(Frame(Type.REPLY, 0, frame.sequence, 0, bytes([frame.payload[0], Status.UNKNOWN])).encode())


def test_firmware_without_updates_is_one_line(tmp_path):
    with Old(INFO | {"app": APP}) as old:
        done = tool("--port", old.port, "--image", update_file(tmp_path), status=1)
    assert only_line(done).startswith(
        f"update.py: {old.port}: expected firmware that takes models, found {APP} without"
    )


def test_a_board_that_never_answers_is_one_line(tmp_path):
    master, slave = os.openpty()
    tty.setraw(slave)
    done = tool("--port", os.ttyname(slave), "--image", update_file(tmp_path), status=1)
    os.close(master)
    os.close(slave)
    assert "found silence" in done.stderr and len(done.stderr.splitlines()) == 1


class Mute(Pretender):
    """Says what it is, and answers nothing."""

    def _answer(self, frame: Frame) -> None:
        self.commands.append(frame.payload[0])


def test_ctrl_c_is_heard_while_boards_do_not_answer(tmp_path):
    with Mute(INFO | {"app": APP}) as mute, Mute(INFO | {"app": APP}) as another:
        ports = ["--port", mute.port, "--port", another.port]
        process = started_tool("--image", update_file(tmp_path), *ports, "--at-once", 1)
        end = time.monotonic() + 60
        while Command.UPDATE_STATUS not in mute.commands and time.monotonic() < end:
            time.sleep(0.01)
        ctrl_c(process)
        assert not another.commands  # its turn had not come
