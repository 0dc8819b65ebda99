"""A PlatformIO project of the tests' own: the repository's platform and libraries, the probe firmware, real uploads."""

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ml.link.port import Port
from ml.link.sensor_bus import Player
from ml.paths import CACHE, ROOT
from ml.profile.boards import EMULATED, machines  # noqa: F401  (for the tests)
from ml.profile.boards import VIRTUAL as BOARDS
from tests.firmware import own_platforms

sys.path.append(str(ROOT / "platforms" / "virtual"))

import emulator_control

PIO = Path(sys.executable).with_name("pio")
PROBES = {  # name -> what main.cpp is built with
    "probe": "",
    "imu": "-DPROBE_IMU=100",
    "sensors": "-DPROBE_IMU=100 -DPROBE_MIC=16000 -DPROBE_ACCEL=1600",
}
TIMEOUT_S = 20.0


class Console:
    """The board's console, as raw bytes and as lines."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self.buffer = b""

    def __enter__(self) -> "Console":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.file)

    def send(self, text: str) -> None:
        os.write(self.file, text.encode())

    def more(self, timeout: float = TIMEOUT_S) -> bytes:
        """What comes next; b"" when nothing does."""
        return os.read(self.file, 65536) if select.select([self.file], [], [], timeout)[0] else b""

    def line(self, containing: str, timeout: float = TIMEOUT_S) -> str:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            *lines, self.buffer = self.buffer.split(b"\r\n")
            for index, line in enumerate(lines):
                if containing.encode() in line:
                    self.buffer = b"\r\n".join([*lines[index + 1 :], self.buffer])
                    return line.decode()
            self.buffer += self.more(0.2)
        raise AssertionError(f"no line with {containing!r} within {timeout} s")

    def ask(self, letters: str, containing: str) -> str:
        self.send(letters)
        return self.line(containing)


def has_ended(process: psutil.Process) -> bool:
    """Also when nobody has collected its status."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def numbers(line: str) -> list[int]:
    return [int(number) for number in re.findall(r"\b\d+\b", line)]


class Bench:
    """The project, and the boards that run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lines = [
            f"[platformio]\nsrc_dir = {ROOT}/tests/platform/firmware\nlib_dir = {ROOT}/lib\n",
            f"[env]\nplatform = symlink://{ROOT}/platforms/virtual\nlib_ldf_mode = chain+\n",
        ]
        for board in BOARDS:
            for probe, flags in PROBES.items():
                lines.append(
                    f"[env:{probe}-{board}]\nboard = {board}\nbuild_src_filter = +<probe/>\nbuild_flags = {flags}\n"
                    f"monitor_port = {self.run_folder(f'{probe}-{board}')}/console\n"
                )
        (folder / "platformio.ini").write_text("\n".join(lines))

    def run_folder(self, env: str) -> Path:
        return self.folder / ".pio" / "virtual" / env

    @property
    def environment(self) -> dict[str, str]:
        """In which PlatformIO sees this project and no other."""
        given = os.environ | own_platforms(self.folder / ".pio") | {"THIMBLE_CACHE": str(CACHE)}
        given.pop("PLATFORMIO_WORKSPACE_DIR", None)  # of other tests
        return given

    def pio(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        given = self.environment | environment
        done = subprocess.run(
            [PIO, *arguments], cwd=self.folder, env=given, capture_output=True, text=True, timeout=120, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def upload(self, env: str) -> None:
        self.pio("run", "-e", env, "-t", "upload")

    def console(self, env: str) -> Console:
        return Console(self.run_folder(env) / "console")

    def restart(self, env: str) -> None:
        """As an upload, without PlatformIO where it has built the board's program before."""
        board = env.partition("-")[2]
        program = self.folder / ".pio" / "build" / env / ("firmware" if board == "host" else "firmware.elf")
        if program.exists():
            emulator_control.start(self.run_folder(env), str(program), machines()[board])
        else:
            self.upload(env)

    def fresh(self, env: str) -> Console:
        """The console of a board that has just been started."""
        self.restart(env)
        console = self.console(env)
        console.ask("a", " hz ")
        return console

    def running(self, env: str) -> Console:
        """The console of a board, flashed if it does not run yet."""
        if emulator_control.running(self.run_folder(env)) is None:
            self.restart(env)
        console = self.console(env)
        console.ask("a", " hz ")
        return console

    def busy_s(self, env: str, seconds: float) -> float:
        """Of the processor's time, what the board's process takes in that many seconds from now."""
        process = psutil.Process(emulator_control.state(self.run_folder(env)).pid)
        before = sum(process.cpu_times()[:2])
        time.sleep(seconds)
        return sum(process.cpu_times()[:2]) - before

    def player(self, env: str) -> Player:
        return Player(Port(str(self.run_folder(env) / "sensors")))

    def stop(self) -> None:
        for folder in (self.folder / ".pio" / "virtual").glob("*"):
            emulator_control.stop(folder)


@pytest.fixture(scope="session")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Its programs are built once; tests/scheduler.py gives all of its tests to one worker."""
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def bench(workbench: Bench) -> Iterator[Bench]:
    """Its boards run until the last test of a file."""
    yield workbench
    workbench.stop()
