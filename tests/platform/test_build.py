"""`pio run` for the virtual boards: what is built, what it says of memory, what it refuses."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from platformio.platform.factory import PlatformFactory

from ml.paths import ROOT
from tests.platform.bench import BOARDS, EMULATED, Bench

OVER_FLASH = "volatile const char big[1100000] = {1};\n"
OVER_RAM = "volatile char big[300000];\n"
ALLOCATES = "#include <stdlib.h>\nvoid *volatile kept;\nstatic void fill() { kept = malloc(10); }\n"
MAIN = '#include "board/board.h"\nvoid setup() {}\nvoid loop() {}\n'


def build(bench: Bench, folder: Path, source: str, board: str = "virtual") -> subprocess.CompletedProcess:
    (folder / "src").mkdir()
    (folder / "src" / "main.cpp").write_text(source)
    head = (bench.folder / "platformio.ini").read_text().partition("[env:")[0].replace("src_dir", ";src_dir")
    (folder / "platformio.ini").write_text(f"{head}[env:odd]\nboard = {board}\n")
    return bench.pio("run", "-d", str(folder), check=False)


@pytest.mark.parametrize("board", BOARDS)
def test_every_virtual_board_builds_without_a_warning(bench: Bench, board: str) -> None:
    bench.pio("run", "-e", f"probe-{board}", "-t", "clean")
    done = bench.pio("run", "-e", f"probe-{board}")
    assert "warning" not in done.stdout + done.stderr


@pytest.mark.parametrize("board", EMULATED)
def test_ram_and_flash_are_those_of_the_elf_file(bench: Bench, board: str) -> None:
    done = bench.pio("run", "-e", f"probe-{board}")
    ram, flash = (int(re.search(rf"^{name}:.*used (\d+) bytes", done.stdout, re.M)[1]) for name in ("RAM", "Flash"))
    elf = bench.folder / ".pio" / "build" / f"probe-{board}" / "firmware.elf"
    listed = subprocess.run(["arm-none-eabi-size", "-A", "-d", elf], capture_output=True, text=True, check=True).stdout
    sizes = {name: int(size) for name, size in re.findall(r"^(\.\S+)\s+(\d+)", listed, re.MULTILINE)}
    loaded = subprocess.run(
        ["arm-none-eabi-objcopy", "-O", "binary", elf, "/dev/stdout"], capture_output=True, check=True
    )
    assert abs(flash - len(loaded.stdout)) < 16  # alignment between sections
    assert ram == sum(sizes.get(name, 0) for name in (".stack", ".noinit", ".data", ".bss"))
    assert ram > 8192  # the stack counts: nothing else may have it


@pytest.mark.parametrize(("what", "region"), [(OVER_FLASH, "FLASH"), (OVER_RAM, "RAM")])
def test_a_program_too_large_for_the_board_is_refused(bench: Bench, tmp_path: Path, what: str, region: str) -> None:
    done = build(bench, tmp_path, what + MAIN.replace("setup() {}", "setup() { (void)big[1]; }"))
    assert done.returncode != 0
    assert f"region `{region}' overflowed by" in done.stderr
    limit = {"FLASH": "1,048,576", "RAM": "262,144"}[region]
    assert re.search(
        rf"^Error: expected at most {limit} B of {region} on virtual, found [\d,]+ B; make ", done.stderr, re.M
    )


def test_a_program_that_allocates_is_refused_with_the_reason(bench: Bench, tmp_path: Path) -> None:
    done = build(bench, tmp_path, ALLOCATES + MAIN.replace("setup() {}", "setup() { fill(); }"))
    assert done.returncode != 0
    assert "no heap on this board" in done.stderr


def test_only_libraries_that_the_program_includes_are_built(bench: Bench, tmp_path: Path) -> None:
    done = build(bench, tmp_path, MAIN)
    graph = done.stdout.partition("Dependency Graph")[2].partition("Building")[0]
    assert re.findall(r"\|-- (\S+)", graph) == ["board"]


def test_without_a_cross_compiler_the_platform_asks_platformio_for_one(monkeypatch, tmp_path: Path) -> None:
    def needed(board: str) -> bool:
        platform = PlatformFactory.new(str(ROOT / "platforms" / "virtual"))
        platform.configure_default_packages({"board": board}, [])
        return not platform.packages["toolchain-gccarmnoneeabi"]["optional"]

    assert not needed("virtual")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert needed("virtual")
    assert not needed("host")


def test_without_a_compiler_the_host_board_says_so_in_a_line(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "sh").symlink_to("/bin/sh")
    done = bench.pio("run", "-e", "probe-host", check=False, PATH=str(tmp_path))
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert "expected the compiler" in line


def test_without_qemu_upload_says_so_in_a_line_and_leaves_what_runs(bench: Bench, tmp_path: Path) -> None:
    bench.upload("probe-virtual")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "arm-none-eabi-gcc", "arm-none-eabi-g++", "arm-none-eabi-size"):
        (tools / name).symlink_to(shutil.which(name))
    command = ("run", "-e", "probe-virtual", "-t", "nobuild", "-t", "upload")
    done = bench.pio(*command, check=False, PATH=str(tools))
    assert done.returncode == 1
    assert "Error: expected qemu-system-arm on the PATH, found none; install it" in done.stderr
    with bench.console("probe-virtual") as console:
        assert console.ask("a", "board ").startswith("board virtual")
