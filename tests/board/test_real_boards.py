"""The Arduino sources against declarations of what they call: syntax and types only, for the real frameworks may not be
at hand here. `pio run -e gesture_recognition-nano33ble` and its like are the real test."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ml.paths import ROOT

DECLARATIONS = Path(__file__).parent / "arduino_declarations"
SOURCES = sorted((ROOT / "lib" / "board" / "src").rglob("*.cpp"))
ARCHITECTURE = {
    "nordicnrf52": ["-DARDUINO_ARCH_MBED", "-DTARGET_NRF52840", "-D__ARM_ARCH_7EM__"],
    "raspberrypi": ["-DARDUINO_ARCH_MBED", "-DTARGET_RP2040"],
    "ststm32": ["-DARDUINO_ARCH_STM32", "-D__ARM_ARCH_7EM__"],
    "espressif32": ["-DARDUINO_ARCH_ESP32"],
}
COMPILER = shutil.which("g++") or shutil.which("clang++")


def boards() -> dict[str, configparser.SectionProxy]:
    config = configparser.ConfigParser(inline_comment_prefixes=(";",))
    config.read((ROOT / "boards").glob("*.ini"))
    sections = {name.removeprefix("board:"): config[name] for name in config.sections()}
    for section in sections.values():
        for inherited in section.get("extends", "").split():
            for key, value in config[inherited].items():
                section.setdefault(key, value)
    return sections


REAL = {name: section for name, section in boards().items() if section.get("framework") == "arduino"}


@pytest.mark.parametrize("low_power", [0, 1])
@pytest.mark.parametrize("name", REAL)
@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler on the PATH")
def test_sources_of_a_real_board_are_correct_cpp11(name: str, low_power: int) -> None:
    section = REAL[name]
    flags = [f"-DBOARD_LOW_POWER={low_power}"]
    flags += [flag for flag in shlex.split(section["build_flags"]) if not flag.startswith("-m")]
    architecture = ARCHITECTURE[section["platform"].partition("@")[0]]
    command = [COMPILER, "-std=gnu++11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-DARDUINO=10819"]
    includes = [f"-I{DECLARATIONS}", f"-I{ROOT / 'lib' / 'board' / 'include'}"]
    main = ROOT / "tests" / "platform" / "firmware" / "probe" / "main.cpp"
    for source in [*SOURCES, main]:
        done = subprocess.run(
            [*command, *architecture, *flags, *includes, str(source)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler on the PATH")
def test_analogue_inputs_are_those_that_the_build_names() -> None:
    command = [COMPILER, "-std=gnu++11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-DARDUINO=10819"]
    command += ["-DBOARD_ANALOG_PINS=14,15", f"-I{DECLARATIONS}", f"-I{ROOT / 'lib' / 'board' / 'include'}"]
    source = ROOT / "lib" / "board" / "src" / "arduino" / "arduino_analog.cpp"
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler on the PATH")
@pytest.mark.parametrize(("flags", "port"), [((), "Serial"), (("-DBOARD_CONSOLE=Serial1",), "Serial1")])
def test_the_console_is_the_port_that_the_build_names(flags: tuple[str, ...], port: str) -> None:
    includes = (f"-I{DECLARATIONS}", f"-I{ROOT / 'lib' / 'board' / 'include'}")
    source = ROOT / "lib" / "board" / "src" / "arduino" / "arduino_board.cpp"
    command = [COMPILER, "-std=gnu++11", "-S", "-o-", "-DARDUINO=10819", "-DARDUINO_ARCH_MBED", "-DTARGET_RP2040"]
    command += ['-DBOARD_NAME="x"', *flags, *includes, str(source)]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"\bSerial\d?\b", made)) == {port}


@pytest.mark.parametrize("name", REAL)
def test_a_real_board_pins_versions_and_names_one_driver_of_each_kind(name: str) -> None:
    section = REAL[name]
    flags = section["build_flags"]
    assert "@" in section["platform"]
    assert all("@" in line for line in section["lib_deps"].splitlines() if line)
    assert flags.count("BOARD_IMU_") == 1
    assert flags.count("BOARD_MIC_") == 1
    assert f"BOARD_NAME='\"{name}\"'" in flags
    assert section["custom_usb_ids"]
    assert int(section["custom_clock_hz"]) > 0
