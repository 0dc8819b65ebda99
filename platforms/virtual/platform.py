"""Decides which packages a virtual board needs (none where the cross compiler is on the PATH), and how to debug it."""

import shutil
import socket
import sys
from pathlib import Path

from platformio.debug.exception import DebugInvalidOptionsError
from platformio.public import PlatformBase

TOOLCHAIN = "toolchain-gccarmnoneeabi"


class VirtualPlatform(PlatformBase):
    def is_embedded(self):
        return True  # size checks and linker groups, as for any microcontroller

    def configure_default_packages(self, options, targets):
        board = options.get("board")
        if board and self.board_config(board).get("build.core") == "mps2" and not shutil.which("arm-none-eabi-gcc"):
            sys.stderr.write(f"arm-none-eabi-gcc is not on the PATH (make setup installs it): fetching {TOOLCHAIN}\n")
            self.packages[TOOLCHAIN]["optional"] = False
        return super().configure_default_packages(options, targets)

    def configure_debug_session(self, debug_config):
        """The debug server is an emulator in the folder of the environment: its console works as after an upload."""
        if not debug_config.client_executable_path:
            raise DebugInvalidOptionsError(
                "expected gdb-multiarch or arm-none-eabi-gdb on the PATH, found neither; "
                "install one (Debian: gdb-multiarch)"
            )
        workspace = Path(debug_config.project_config.get("platformio", "workspace_dir"))
        folder = workspace / "virtual" / debug_config.env_name
        program, machine = debug_config.program_path, debug_config.board_config.get("build.mcu")
        port = _free_port()
        server = Path(self.get_dir()) / "debug_server.py"
        debug_config.server = {
            "cwd": None,
            "executable": sys.executable,
            "arguments": [str(server), str(folder), program, machine, str(port)],
            "ready_pattern": "waits for GDB",
        }
        debug_config.port = f"127.0.0.1:{port}"
        debug_config.load_cmds = []  # QEMU has loaded it


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
