"""An ATmega328P in simavr: avr-gcc and avr-libc of the system, no framework."""

import sys

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()
board = env.BoardConfig()
if not env.WhereIs("avr-gcc"):
    sys.stderr.write(
        "Error: expected avr-gcc on the PATH, found none; install it (Debian: gcc-avr avr-libc, "
        "or: python tools/setup.py --all)\n"
    )
    env.Exit(1)

mcu = f"-mmcu={board.get('build.mcu')}"
env.Replace(
    PROGSUFFIX=".elf",
    PROGNAME="firmware",
    SIZETOOL="avr-size",
    SIZEPROGREGEXP=r"^(?:\.text|\.data)\s+(\d+).*",
    SIZEDATAREGEXP=r"^(?:\.data|\.bss|\.noinit)\s+(\d+).*",
    SIZECHECKCMD="$SIZETOOL -A -d $SOURCES",
    SIZEPRINTCMD="$SIZETOOL -B -d $SOURCES",
    CCFLAGS=[flag for flag in env["CCFLAGS"] if flag != "-O2"],
    # Libraries are compiled whole; what runs here is compiled with it by tests/classical/test_uno.py.
    CFLAGS=[flag for flag in env["CFLAGS"] if flag != "-Wconversion"],
    **{
        tool: f"avr-{name}"
        for tool, name in {"CC": "gcc", "CXX": "g++", "LINK": "gcc", "AR": "gcc-ar", "RANLIB": "gcc-ranlib"}.items()
    },
)
env.Append(  # as the Arduino core is built
    CPPDEFINES=[("F_CPU", "$BOARD_F_CPU")],
    CCFLAGS=["-Os", mcu, "-flto", "-fno-fat-lto-objects"],
    LINKFLAGS=["-Os", mcu, "-flto", "-fuse-linker-plugin", "-Wl,--gc-sections"],
)
