"""Cortex-M boards in QEMU: cross compiler, memory limits, start-up code."""

import os
import re
import subprocess
import sys
from pathlib import Path

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()
board = env.BoardConfig()
source_dir = Path(env.PioPlatform().get_dir()) / "mps2"
cpu = board.get("build.cpu_flags").split()
debuggers = [name for name in ("gdb-multiarch", "arm-none-eabi-gdb") if env.WhereIs(name)]
limits = {"FLASH": int(board.get("upload.maximum_size")), "RAM": int(board.get("upload.maximum_ram_size"))}


def spawn(shell, escape, command, arguments, environment):
    """Runs a command as SCons does; where the linker finds the program too large, one line more says what to do."""
    words = [shell, "-c", " ".join(arguments)]
    done = subprocess.run(words, env=environment, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    sys.stderr.write(done.stderr)
    for region, excess in sorted(set(re.findall(r"region `(\w+)' overflowed by (\d+) bytes", done.stderr))):
        sys.stderr.write(
            f"Error: expected at most {limits[region]:,} B of {region} on {board.id}, found "
            f"{limits[region] + int(excess):,} B; make the model or the buffers smaller, or take a larger board\n"
        )
    return done.returncode


def boot_stage() -> str:
    """The file of the boot stage for firmware that takes others in the field; "" for all other firmware."""
    if "FIELD_FIRMWARE=1" not in str(env.get("BUILD_FLAGS")):
        return ""
    sys.path.insert(0, str(Path(env.PioPlatform().get_dir()) / "builder"))
    import boot_stage as maker  # noqa: PLC0415 - its folder is not known before

    cache = Path(os.environ.get("THIMBLE_CACHE") or Path(env.subst("$PROJECT_DIR"), ".cache"))
    try:
        return str(maker.made(source_dir, source_dir.parents[2] / "lib", cpu, limits["RAM"], cache))
    except maker.BootError as error:
        sys.stderr.write(f"Error: {error}\n")
        env.Exit(1)
        raise AssertionError from error


env.Replace(
    PROGSUFFIX=".elf",
    PROGNAME="firmware",
    SIZETOOL="arm-none-eabi-size",
    GDB=debuggers[0] if debuggers else "",
    SIZEPROGREGEXP=r"^(?:\.boot|\.text|\.ARM\.exidx|\.note\.gnu\.build-id|\.data)\s+(\d+).*",
    SIZEDATAREGEXP=r"^(?:\.stack|\.noinit|\.data|\.bss)\s+(\d+).*",
    SIZECHECKCMD="$SIZETOOL -A -d $SOURCES",
    SIZEPRINTCMD="$SIZETOOL -B -d $SOURCES",
    **{
        tool: f"arm-none-eabi-{name}"
        for tool, name in {"CC": "gcc", "CXX": "g++", "LINK": "g++", "AR": "gcc-ar", "RANLIB": "gcc-ranlib"}.items()
    },
)
env.Append(
    CPPDEFINES=["BOARD_MPS2"],
    CPPPATH=[str(source_dir)],
    CCFLAGS=cpu,
    ASFLAGS=cpu,
    # No libnosys: without _sbrk nothing that allocates can be linked.
    LINKFLAGS=[
        *cpu,
        "-nostdlib",
        "--specs=nano.specs",
        "-Wl,--gc-sections",
        "-Wl,--no-warn-rwx-segments",
        "-Wl,--build-id=sha1",
    ],
    LIBS=["c", "gcc"],
)
stage = boot_stage()
if stage:
    env.Append(CPPDEFINES=[("BOOT_STAGE", env.StringifyMacro(stage))])
if sys.platform != "win32":
    env.Replace(SPAWN=spawn)
for symbol, value in {
    "flash_size": limits["FLASH"],
    "ram_size": limits["RAM"],
    "boot_size": 0x4000 if stage else 0,
    "stack_size": board.get("build.stack_size"),
}.items():
    env.Append(LINKFLAGS=[f"-Wl,--defsym=__{symbol}={value}"])
env.Replace(LDSCRIPT_PATH=str(source_dir / "mps2.ld"))
env.BuildSources("$BUILD_DIR/mps2", str(source_dir), src_filter=["+<*>", "-<boot/>"])
