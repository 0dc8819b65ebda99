"""The debug server of a virtual board, which `pio debug` starts: an emulator that waits for GDB.

    python debug_server.py FOLDER PROGRAM MACHINE PORT

FOLDER is that of the environment (emulator_control.py): the board's console and sensors are there, as after an upload.
It ends when its standard input does, which is a pipe to PlatformIO. PlatformIO itself ends it with SIGKILL, upon which
nobody can act. So a second process waits for the end of this one, and stops the emulator.
"""

from __future__ import annotations  # PlatformIO may bring a Python older than ours

import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import emulator_control

READY = "waits for GDB"  # platform.py has PlatformIO wait for these words


def serve(folder: Path, program: str, machine: str, port: int) -> None:
    """Starts the board, and waits for the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for GDB, which halts the board
    undertaker = subprocess.Popen(
        [sys.executable, __file__, "--stop-after", str(folder)],
        stdin=subprocess.PIPE,  # which ends when this process does
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        emulator_control.start(folder, program, machine, debug_port=port)
        print(f"{program} {READY} at port {port}; console {folder / emulator_control.CONSOLE}", flush=True)
        sys.stdin.buffer.read()
    finally:
        undertaker.stdin.close()


def stop_after(folder: Path) -> None:
    """Stops the emulator in `folder` when whoever started this process has ended."""
    sys.stdin.buffer.read()
    emulator_control.stop(folder)


def main(arguments: list[str]) -> None:
    if arguments[0] == "--stop-after":
        stop_after(Path(arguments[1]))
        return
    folder, program, machine, port = arguments
    try:
        serve(Path(folder), program, machine, int(port))
    except emulator_control.EmulatorError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
