"""The host as a board: the same application as a native process."""

import sys

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()
for tool in (env.subst("$CC"), env.subst("$CXX")):
    if not env.WhereIs(tool):
        sys.stderr.write(f"Error: expected the compiler {tool} on the PATH, found none; install it (Debian: g++)\n")
        env.Exit(1)

env.Append(CPPDEFINES=["BOARD_HOST"], LINKFLAGS=["-dead_strip" if sys.platform == "darwin" else "-Wl,--gc-sections"])
env.Replace(PROGSUFFIX=".exe" if sys.platform == "win32" else "", PROGNAME="firmware", SIZETOOL=None)
