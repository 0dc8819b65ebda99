"""Exported libraries in projects of their own: CMake, PlatformIO, the Arduino IDE; two of them in one program."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ml.export.layouts import TARGETS
from ml.paths import ROOT
from tests.export.exported import STRICT, build, export, units
from tests.firmware import own_platforms

TIMEOUT_S = 600  # of a busy machine
MACHINES = {"virtual": "mps2-an386", "virtual-m3": "mps2-an385"}
CMAKE = """cmake_minimum_required(VERSION 3.13)
project(mine LANGUAGES {language})
add_subdirectory(fall_detection)
add_executable(mine main.{suffix})
target_link_libraries(mine PRIVATE fall_detection)
"""
TEN_LINES = """#include "fall_detection.h"
#include <stdio.h>
int main(void) {
    int x, y, z; // counts
    fall_detection_event event;
    while (scanf("%d %d %d", &x, &y, &z) == 3) {
        fall_detection_push((int16_t[]){(int16_t)x, (int16_t)y, (int16_t)z}, 1);
        if (fall_detection_poll(&event)) printf("%s at %u\\n", event.label, (unsigned)event.sample);
    }
}
"""


def needs(*tools: str) -> None:
    for tool in tools:
        if not shutil.which(tool):
            pytest.skip(f"no {tool}")


def says(command: list[object], **options) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=TIMEOUT_S, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fall() -> str:
    """Somebody stands, falls, hits the ground and lies there, at 50 Hz."""
    rows = [(0, 0, 2048)] * 60 + [(0, 0, 600)] * 15 + [(6100, 3000, 2000)] * 4 + [(2048, 0, 200)] * 100
    return "\n".join(f"{x} {y} {z}" for x, y, z in rows)


@pytest.mark.parametrize("tool", ["gcc", "clang"])
def test_the_first_event_in_a_fresh_cmake_project_takes_ten_lines(tool, library, tmp_path):
    needs("cmake", "ninja", tool)
    assert len(TEN_LINES.splitlines()) <= 10
    shutil.copytree(library("fall_detection"), tmp_path / "fall_detection")
    (tmp_path / "main.c").write_text(TEN_LINES)
    (tmp_path / "CMakeLists.txt").write_text(CMAKE.format(language="C", suffix="c"))
    chosen = [f"-DCMAKE_C_COMPILER={tool}", f"-DCMAKE_C_FLAGS={' '.join(STRICT)}"]
    says(["cmake", "-S", tmp_path, "-B", tmp_path / "b", "-G", "Ninja", *chosen])
    says(["ninja", "-C", tmp_path / "b"])
    assert re.fullmatch(r"fall at \d+\n", says([tmp_path / "b" / "mine"], input=fall()))


def test_the_example_is_a_test_of_the_library_alone(library, tmp_path):
    needs("cmake", "ninja")
    says(["cmake", "-S", library("fall_detection"), "-B", tmp_path, "-G", "Ninja"])
    says(["ninja", "-C", tmp_path])
    assert "fall, " in says([tmp_path / "fall_detection_example"])


TWO = """#include "fall_detection.h"
#include "gesture_recognition.h"
#include <stdio.h>
{memory}
int main() {{
    fall_detection_event fall;
    gesture_recognition_event gesture;
    for (uint8_t label = 0; label < GESTURE_RECOGNITION_LABELS; label++) gesture_recognition_set_threshold(label, 90);
    for (uint32_t i = 0; i < 3000; i++) {{ // falls every ten seconds, turns every second
        const uint32_t at = i % 300, part = i % 33;
        const bool falls = at >= 150 && at < 165, hits = at >= 165 && at < 169;
        const int16_t x = hits ? 6100 : at < 169 ? 0 : 2048, z = falls ? 600 : at < 165 ? 2048 : 200;
        const int16_t turn = (int16_t)((part < 17 ? part : 33 - part) * 400u);
        const int16_t sample[] = {{x, (int16_t)(hits ? 3000 : 0), z, 0, 0, (int16_t)(turn - 3200)}};
        fall_detection_push(sample, 1);
        gesture_recognition_push(sample, 1);
        while (fall_detection_poll(&fall)) printf("%s %u %u\\n", fall.label, fall.score, fall.sample);
        while (gesture_recognition_poll(&gesture)) printf("%s %u %u\\n", gesture.label, gesture.score, gesture.sample);
    }}
    printf("%d%d\\n", fall_detection_self_test(), gesture_recognition_self_test());
}}
"""
SHARED = """#define LARGER(a, b) ((a) > (b) ? (a) : (b))
extern "C" {{ uint32_t lent[LARGER(FALL_DETECTION_ARENA_WORDS, GESTURE_RECOGNITION_ARENA_WORDS)]; }}"""


def _together(folder: Path, libraries: list[Path], memory: str) -> str:
    """Both models in one C++ program, their sources compiled as C and linked object by object, not from archives."""
    folder.mkdir()
    (folder / "main.cpp").write_text(TWO.format(memory=memory.format()))
    includes = [word for library in libraries for word in ("-I", library / "src")]
    objects = []
    for number, unit in enumerate(unit for library in libraries for unit in units(library)):
        objects.append(folder / f"{number}.o")
        build(["gcc", *STRICT, "-std=c99", "-O0", *includes, "-c", unit, "-o", objects[-1]], Path(unit).parent)
    build(["g++", *STRICT, "-std=c++11", *includes, folder / "main.cpp", *objects, "-lm", "-o", folder / "two"])
    return says([folder / "two"])


def test_two_models_in_one_program_and_in_one_arena(library, tmp_path):
    needs("gcc", "g++")
    apps = ("fall_detection", "gesture_recognition")
    apart = _together(tmp_path / "apart", [library(app) for app in apps], "")
    lent = [export(app, tmp_path / "lent" / app, arena="lent") for app in apps]
    assert apart.endswith("11\n") and len(apart.splitlines()) > 3
    assert _together(tmp_path / "together", lent, SHARED) == apart
    assert not any("static int8_t" in (one / "src" / one.name / f"{one.name}_model.h").read_text() for one in lent)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A project of PlatformIO with the library of an application, whose example is its program."""
    folder = tmp_path_factory.mktemp("project")
    export("fall_detection", folder / "lib" / "fall_detection", "platformio")
    (folder / "src").mkdir()
    shutil.copy(folder / "lib" / "fall_detection" / "examples" / "fall_detection" / "main.c", folder / "src")
    shutil.copy(ROOT / "tests" / "export" / "board_output.c", folder / "src")
    boards = "".join(f"[env:{board}]\nboard = {board}\n" for board in ("host", *MACHINES))
    (folder / "platformio.ini").write_text(f"[env]\nplatform = symlink://{ROOT}/platforms/virtual\n{boards}")
    environment = os.environ | own_platforms(folder / ".pio")
    environment.pop("PLATFORMIO_WORKSPACE_DIR", None)
    says([sys.executable, "-m", "platformio", "run"], cwd=folder, env=environment)
    return folder


@pytest.mark.parametrize("board", ["virtual", "virtual-m3"])
def test_platformio_builds_it_for_every_board_and_the_events_are_the_same(board, project):
    needs("qemu-system-arm", "arm-none-eabi-gcc")
    expected = says([project / ".pio" / "build" / "host" / "firmware"])
    assert "fall, " in expected and expected.endswith("1 events in 10 s\n")
    program = project / ".pio" / "build" / board / "firmware.elf"
    command = ["qemu-system-arm", "-M", MACHINES[board], "-kernel", program, "-nographic", "-monitor", "none"]
    with subprocess.Popen([*map(str, command), "-serial", "stdio"], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout
            assert "".join(running.stdout.readline() for _ in expected.splitlines()) == expected
        finally:
            running.kill()


ARDUINO = """#pragma once
#include <stddef.h>
#include <stdint.h>
struct Port {
    void begin(unsigned long);
    explicit operator bool();
    void print(const char *);
    void print(char);
    void print(float, int);
    void println(const char *);
    void println(unsigned char);
    void println();
};
extern Port Serial;
unsigned long micros();
unsigned long millis();
void delay(unsigned long);
"""


@pytest.mark.parametrize("app", ["gesture_recognition", "keyword_spotting"])
def test_the_arduino_zip_keeps_the_rules_and_compiles_as_the_ide_does(app, tmp_path):
    """Rules of arduino-lint's library part, by their numbers, and a sketch with its library for a Cortex-M4."""
    needs("arm-none-eabi-g++")
    export(app, tmp_path / "out", "arduino")
    with zipfile.ZipFile(tmp_path / "out" / f"{app}.zip") as archive:
        archive.extractall(tmp_path / "libraries")
    (library,) = (tmp_path / "libraries").iterdir()  # LS001, LS003: one folder, of plain letters
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,62}", library.name) and library.name == app
    said = dict(line.split("=", 1) for line in (library / "library.properties").read_text().splitlines())
    required = ("name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures")
    assert all(said[field].strip() for field in required)  # LP007 and the like
    assert re.fullmatch(r"(?!arduino)[A-Za-z][A-Za-z0-9_ .-]{0,62}", said["name"], re.IGNORECASE)  # LP010 to LP015
    assert re.fullmatch(r"\d+\.\d+\.\d+", said["version"])  # LP020
    assert said["category"] in {"Signal Input/Output", "Data Processing", "Sensors"}  # LP038
    assert not said["paragraph"].startswith(said["sentence"]) and said["url"].startswith("https://")
    assert all((library / "src" / header).is_file() for header in said["includes"].split(","))  # LP064
    names = {path.relative_to(library).parts[0] for path in library.rglob("*")}
    assert names == {"src", "examples", "library.properties", "keywords.txt", "README.md", "LICENSE", "NOTICE"}
    assert not [path for path in library.rglob("*") if path.is_symlink() or path.suffix in {".exe", ".elf"}]  # LS
    for line in (library / "keywords.txt").read_text().splitlines():
        assert re.fullmatch(r"\w+\t(KEYWORD1|KEYWORD2|LITERAL1)", line)
    sketch = library / "examples" / app / f"{app}.ino"
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "Arduino.h").write_text(ARDUINO)
    flags = ["-mcpu=cortex-m4", "-mthumb", "-O0", "-w", "-I", tmp_path / "core", "-I", library / "src", "-c"]
    for number, unit in enumerate(units(library)):
        build(["arm-none-eabi-gcc", *flags, "-std=gnu11", unit, "-o", tmp_path / f"{number}.o"], Path(unit).parent)
    build(
        [
            "arm-none-eabi-g++",
            *flags,
            "-std=gnu++11",
            "-include",
            "Arduino.h",
            "-x",
            "c++",
            sketch,
            "-o",
            tmp_path / "s.o",
        ]
    )


@pytest.mark.parametrize("target", ["zephyr", "idf"])
def test_zephyr_and_idf_name_every_source_and_no_other(target, tmp_path):
    """Neither is at hand: what their build files name is all that can be tested."""
    library = export("gesture_recognition", tmp_path / "out", target)
    listed = library / ("zephyr/CMakeLists.txt" if target == "zephyr" else "CMakeLists.txt")
    named = {match for match in re.findall(r"(?:\.\./)?(src/[\w/]+\.c)", listed.read_text())}
    assert named == {Path(unit).relative_to(library).as_posix() for unit in units(library)}
    assert "not built" in " ".join((library / "README.md").read_text().split())


def test_every_target_says_how_it_is_used(tmp_path):
    for target in TARGETS:
        folder = export("fall_detection", tmp_path / target, target)
        folder = folder / "fall_detection" if target == "arduino" else folder
        assert "fall_detection_poll" in (folder / "README.md").read_text()
        assert "E. Casilari" in (folder / "NOTICE").read_text()
        assert "Apache License" in (folder / "LICENSE").read_text()
