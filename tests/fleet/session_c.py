"""Boards that are lib/fleet's session alone, each with its own memory, as devices that answer FLEET."""

import ctypes
import shutil
from pathlib import Path

import numpy as np

from ml.link.device import CommandError
from ml.link.messages import Command, Status
from ml.native.build import build
from ml.paths import ROOT
from tests.fleet.fleet_c import FLEET, cryptography

HERE = Path(__file__).parent
ANSWER = 256


class Board:
    """Has `command` as a Device has it."""

    def __init__(self, folder: Path, name: str, values: np.ndarray) -> None:
        self.library = ctypes.CDLL(str(shutil.copy(_built(), folder / f"{name}.so")))
        self.library.fleet_run.restype = ctypes.c_uint8
        self.values = (ctypes.c_int32 * 1024).in_dll(self.library, "host_values")
        self.values[: len(values)] = values.tolist()
        ctypes.c_uint16.in_dll(self.library, "host_size").value = len(values)
        self.restart()

    def restart(self) -> None:
        self.library.host_start()

    def runs(self, model: bytes) -> None:
        (ctypes.c_uint8 * 8).in_dll(self.library, "host_model")[:] = model

    def fail_to_store(self) -> None:
        ctypes.c_int32.in_dll(self.library, "host_store_fails").value = 1

    def run(self, args: bytes) -> tuple[int, bytes]:
        answer, answered = (ctypes.c_uint8 * ANSWER)(), ctypes.c_size_t()
        status = self.library.fleet_run(args, ctypes.c_size_t(len(args)), answer, ctypes.byref(answered))
        assert answered.value <= ANSWER
        return status, bytes(answer[: answered.value])

    def command(self, command: Command, args: bytes) -> bytes:
        assert command == Command.FLEET
        status, answer = self.run(args)
        if status != Status.OK:
            raise CommandError(f"refused: {Status(status).name}", status)
        return answer


def _built() -> Path:
    built, flags = cryptography()
    sources = [FLEET / f"src/{name}.c" for name in ("session", "mask", "clip")]
    sources += [HERE / "session_host.c", ROOT / "lib/nn/src/model.c", built]
    return build("fleet_session", sources, includes=[FLEET / "include"], flags=flags)
