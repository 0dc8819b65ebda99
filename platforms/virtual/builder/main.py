"""Builds a program for a virtual board, and "uploads" it by starting the emulator on it."""

import sys
from pathlib import Path

from SCons.Script import COMMAND_LINE_TARGETS, AlwaysBuild, Default, DefaultEnvironment

env = DefaultEnvironment()
platform_dir = Path(env.PioPlatform().get_dir())
sys.path.insert(0, str(platform_dir))

import build_lock  # noqa: E402  (both live in the platform's folder, which SCons does not know)
import emulator_control  # noqa: E402

build_lock.acquire(Path(env.subst("$PROJECT_BUILD_DIR")), env["PIOENV"])

board = env.BoardConfig()
core = board.get("build.core")
env.Append(
    CPPDEFINES=[("THIMBLE_BOARD", env.StringifyMacro(board.id))],
    CCFLAGS=["-O2", "-g", "-Wall", "-Wextra", "-ffunction-sections", "-fdata-sections"],
    CFLAGS=["-std=gnu99", "-Wconversion"],
    CXXFLAGS=["-std=gnu++11", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"],
    LIBS=["m"],
)
env.SConscript(str(platform_dir / "builder" / f"{core}.py"), exports="env")

program = env.File("$PROGPATH") if "nobuild" in COMMAND_LINE_TARGETS else env.BuildProgram()


def upload(target, source, env):
    """Replaces the running emulator, if any, and returns once the console is open."""
    folder = Path(env.subst("$PROJECT_WORKSPACE_DIR")) / "virtual" / env["PIOENV"]
    try:
        running = emulator_control.start(folder, str(source[0].get_abspath()), board.get("build.mcu"))
    except emulator_control.EmulatorError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    print(f"{board.id} is running (process {running.pid}); console {folder / emulator_control.CONSOLE}")
    return 0


AlwaysBuild(env.Alias("nobuild", program))
AlwaysBuild(env.Alias("upload", program, env.VerboseAction(upload, "Starting $SOURCE")))
AlwaysBuild(env.Alias("size", program, env.VerboseAction("$SIZEPRINTCMD", "Calculating size $SOURCE")))
Default([program])
