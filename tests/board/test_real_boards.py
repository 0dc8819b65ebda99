"""The Arduino sources against declarations of what they call: syntax and types only, for the real frameworks may not be
at hand here. `pio run -e gesture_recognition-nano33ble` and its like are the real test."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ml.paths import ROOT
from ml.profile.boards import names, section

DECLARATIONS = Path(__file__).parent / "arduino_declarations"
BOARD = ROOT / "lib" / "board"
SOURCES = sorted((BOARD / "src").rglob("*.cpp"))
ARCHITECTURE = {
    "nordicnrf52": ["-DARDUINO_ARCH_MBED", "-DTARGET_NRF52840", "-D__ARM_ARCH_7EM__"],
    "platform-seeedboards": ["-DARDUINO_ARCH_MBED", "-DTARGET_NRF52840", "-D__ARM_ARCH_7EM__"],
    "raspberrypi": ["-DARDUINO_ARCH_MBED", "-DTARGET_RP2040"],
    "ststm32": ["-DARDUINO_ARCH_STM32", "-D__ARM_ARCH_7EM__"],
    "espressif32": ["-DARDUINO_ARCH_ESP32"],
}
COMPILER = shutil.which("g++") or shutil.which("clang++")
CHECK = ["-std=gnu++11", "-Wall", "-Wextra", "-Werror", "-DARDUINO=10819"]
INCLUDES = [f"-I{DECLARATIONS}", f"-I{BOARD / 'include'}"]
FOUND = {name: section(name) for name in names() if section(name).get("framework") == "arduino"}
AVR = {name: found for name, found in FOUND.items() if found["platform"].startswith("atmelavr")}  # tests/classical
REAL = {name: found for name, found in FOUND.items() if name not in AVR}
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C++ compiler on the PATH")


def architecture(name: str) -> list[str]:
    platform = re.split(r"[@#]|\.git", REAL[name]["platform"])[0]
    return ARCHITECTURE[platform.rpartition("/")[2]]


def flags_of(name: str) -> list[str]:
    """What the compiler of this computer takes of a board's flags."""
    return [flag for flag in shlex.split(REAL[name]["build_flags"], comments=False) if not flag.startswith("-m")]


def run(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_compiler
@pytest.mark.parametrize("low_power", [0, 1])
@pytest.mark.parametrize("name", REAL)
def test_sources_of_a_real_board_are_correct_cpp11(name: str, low_power: int) -> None:
    main = ROOT / "tests" / "platform" / "firmware" / "probe" / "main.cpp"
    for source in [*SOURCES, main]:
        flags = [*architecture(name), *flags_of(name), f"-DBOARD_LOW_POWER={low_power}"]
        run(COMPILER, *CHECK, "-fsyntax-only", *flags, *INCLUDES, source)


@needs_compiler
def test_analogue_inputs_are_those_that_the_build_names() -> None:
    source = BOARD / "src" / "arduino" / "arduino_analog.cpp"
    run(COMPILER, *CHECK, "-fsyntax-only", "-DBOARD_ANALOG_PINS=14,15", *INCLUDES, source)


@needs_compiler
@pytest.mark.parametrize(
    ("name", "flags", "port"),
    [
        ("nanorp2040connect", [], "_SerialUSB"),
        ("nanorp2040connect", ["-DBOARD_CONSOLE=Serial1"], "_UART1_"),
        ("esp32-s3-devkitc-1", [], "HWCDC"),  # the chip's own USB port
        ("esp32dev", [], "HardwareSerial"),
    ],
)
def test_the_console_is_the_port_that_the_build_names(name: str, flags: list[str], port: str) -> None:
    source = BOARD / "src" / "arduino" / "arduino_board.cpp"
    made = run(COMPILER, *CHECK, "-S", "-o-", *architecture(name), *flags_of(name), *flags, *INCLUDES, source)
    assert set(re.findall(r"_SerialUSB|_UART1_|HWCDC|HardwareSerial", made)) == {port}


@needs_compiler
@pytest.mark.parametrize("name", REAL)
def test_a_board_calls_itself_as_its_file_does_whatever_the_framework_calls_it(name: str) -> None:
    source = BOARD / "src" / "arduino" / "arduino_board.cpp"
    made = run(COMPILER, *CHECK, "-S", "-o-", *architecture(name), *flags_of(name), *INCLUDES, source)
    assert f'"{name}"' in made


@pytest.mark.parametrize("name", REAL)
def test_a_real_board_pins_versions_and_names_one_driver_of_each_kind(name: str) -> None:
    flags = REAL[name]["build_flags"]
    assert re.search(r"@\d|#\d", REAL[name]["platform"])
    assert all("@" in line for line in REAL[name].get("lib_deps", "").splitlines() if line)
    assert len(re.findall(r"BOARD_IMU_(?!BUS|ADDRESS|SDA|SCL|POWER)", flags)) == 1
    assert flags.count("BOARD_MIC_") == 1
    assert f"THIMBLE_BOARD='\"{name}\"'" in flags
    assert REAL[name]["custom_usb_ids"]
    assert int(REAL[name]["custom_clock_hz"]) > 0


@pytest.mark.parametrize("name", REAL)
def test_a_real_board_is_optimised_as_the_virtual_ones(name: str) -> None:
    assert '"-O2"' in (ROOT / "platforms" / "virtual" / "builder" / "main.py").read_text()
    assert "-O2" in REAL[name]["build_flags"].split()
    assert "-Os" in REAL[name]["build_unflags"].split()


@pytest.mark.parametrize("path", sorted(DECLARATIONS.rglob("*.h")), ids=lambda path: path.name)
def test_a_declaration_names_the_text_that_it_stands_for(path: Path) -> None:
    comment = path.read_text().split("#")[0]
    assert path.name == "Arduino.h" or re.search(r"Read[:,].*\([0-9a-f]{7}|Not read", comment, re.DOTALL)


@needs_compiler
def test_the_interrupt_of_the_microphone_takes_little_of_its_stack(tmp_path: Path) -> None:
    """Mbed gives interrupts 1,024 bytes. A Cortex-M4 takes less than this computer."""
    source = BOARD / "src" / "arduino" / "mic_pdm.cpp"
    flags = [*architecture("nano33ble"), "-DBOARD_MIC_PDM", "-O2", "-fstack-usage", "-DARDUINO=1"]
    run(COMPILER, "-std=gnu++11", *flags, *INCLUDES, "-c", source, "-o", tmp_path / "mic.o")
    used = {line.split("\t")[0].rpartition(":")[2]: int(line.split("\t")[1]) for line in (tmp_path / "mic.su").open()}
    assert sum(size for name, size in used.items() if "receive" in name or "throw" in name or "fetch" in name) < 128


@pytest.mark.skipif(COMPILER is None or shutil.which("nm") is None, reason="no C++ compiler on the PATH")
@pytest.mark.parametrize(("start", "there"), [("board_imu_start(1)", False), ("board_mic_start(1)", True)])
def test_what_a_microphone_needs_is_linked_only_where_it_is_started(tmp_path: Path, start: str, there: bool) -> None:
    parts = ("arduino_sensors.cpp", "arduino_sleep.cpp", "mic_pdm.cpp", "none.cpp")
    sources = [Path(__file__).parent / "arduino_simulated" / "linked.cpp"]
    sources += [BOARD / "src" / "arduino" / name for name in parts]
    flags = [
        f"-DSTART={start}",
        "-DTARGET_RP2040",
        "-DARDUINO_ARCH_MBED",
        "-DBOARD_MIC_PDM",
        "-DBOARD_IMU_NONE",
        "-DARDUINO=1",
    ]
    flags += ["-std=gnu++11", "-O2", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]
    run(COMPILER, *flags, *INCLUDES, f"-I{BOARD / 'src/arduino'}", *sources, "-o", tmp_path / "a.out")
    assert ("table" in run("nm", tmp_path / "a.out")) is there
