"""Cortex-M boards in QEMU: cross compiler, memory limits, start-up code."""

from pathlib import Path

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()
board = env.BoardConfig()
source_dir = Path(env.PioPlatform().get_dir()) / "mps2"
cpu = board.get("build.cpu_flags").split()

env.Replace(
    PROGSUFFIX=".elf",
    PROGNAME="firmware",
    SIZETOOL="arm-none-eabi-size",
    SIZEPROGREGEXP=r"^(?:\.text|\.ARM\.exidx|\.data)\s+(\d+).*",
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
    LINKFLAGS=[*cpu, "-nostdlib", "--specs=nano.specs", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments"],
    LIBS=["c", "gcc"],
)
for symbol, value in {
    "flash_size": board.get("upload.maximum_size"),
    "ram_size": board.get("upload.maximum_ram_size"),
    "stack_size": board.get("build.stack_size"),
}.items():
    env.Append(LINKFLAGS=[f"-Wl,--defsym=__{symbol}={value}"])
env.Replace(LDSCRIPT_PATH=str(source_dir / "mps2.ld"))
env.BuildSources("$BUILD_DIR/mps2", str(source_dir))
