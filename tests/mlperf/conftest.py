"""apps/inference_bench with a reference model, built and started as a user does, in a workspace of its own."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml.link.port import Port
from tests import command
from tests.firmware import Image, Running
from tests.mlperf.traced import Traced

HEADERS = "inference_bench"  # where tools/mlperf.py writes, in PlatformIO's workspace


@pytest.fixture(scope="session")
def tool(tmp_path_factory) -> Callable:
    """Runs a program of tools/ that takes a folder for PlatformIO's workspace."""
    workspace = tmp_path_factory.mktemp("workspace")

    def run(program: str, *words: object, status: int = 0) -> subprocess.CompletedProcess:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLATFORMIO_WORKSPACE_DIR", str(workspace))
            return command.script(program, *words, status=status)

    run.workspace = workspace
    return run


@pytest.fixture(scope="session")
def image(tool, firmware, shared) -> Callable[..., Image]:
    """Firmware of a model, one of the reference models or a file."""

    def built(model: str | Path, identity: str, board: str = "host", *options: str) -> Image:
        shutil.rmtree(tool.workspace / HEADERS, ignore_errors=True)
        tool("tools/mlperf.py", "build", shared / "models" / model, "--id", identity, *options)
        made = {f"{HEADERS}/{path.name}": path.read_bytes() for path in (tool.workspace / HEADERS).iterdir()}
        return firmware.image(f"inference_bench-{board}", beside=made)

    return built


@pytest.fixture(scope="module")
def flash(tool, image) -> Iterator[Callable[..., str]]:
    """Starts a board with that firmware in place of the one before; returns its port."""
    boards = {}

    def started(*model: object) -> str:
        made = image(*model)
        boards[made.environment] = Running(made, tool.workspace / "virtual" / made.environment)
        boards[made.environment].restart()
        return str(boards[made.environment].console.resolve())

    yield started
    for board in boards.values():
        board.stop()


@pytest.fixture(scope="module")
def virtual(flash) -> str:
    """The port of a virtual board with the keyword model."""
    return flash("kws_ref_model.tflite", "kws01", "virtual")


@pytest.fixture(scope="session")
def traced(image, tmp_path_factory) -> Iterator[Callable[[str], Traced]]:
    """A virtual board with the keyword model in a mode of the benchmark, traced; it has not yet spoken."""
    running = []

    def start(mode: str) -> Traced:
        folder = tmp_path_factory.mktemp("traced")
        program = image("kws_ref_model.tflite", "kws01", "virtual", "--mode", mode).program
        running.append(Traced(Path(shutil.copy(program, folder)), folder / "log"))
        return running[-1]

    yield start
    for one in running:
        one.close()


class Line:
    """A terminal at the device's line: text out, lines in."""

    def __init__(self, port: str) -> None:
        self.port = Port(port)

    def ask(self, text: str) -> list[str]:
        """What it says to that, up to and with m-ready."""
        self.port.write(text.encode())
        return self.listen()

    def listen(self) -> list[str]:
        found = b""
        while not found.endswith(b"m-ready\r\n"):
            found += self.port.read()
        return found.decode().removesuffix("\r\n").split("\r\n")


@pytest.fixture
def line() -> Callable[[str], Line]:
    opened = []

    def make(port: str) -> Line:
        opened.append(Line(port))
        return opened[-1]

    yield make
    for one in opened:
        one.port.close()


@pytest.fixture
def folder(tmp_path: Path) -> Callable:
    """Writes a data set: name, bytes, rest of its line."""

    def write(files: dict[str, bytes], lines: list[str]) -> Path:
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        (tmp_path / "y_labels.csv").write_text("\n".join(lines) + "\n")
        return tmp_path

    return write
