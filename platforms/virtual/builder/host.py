"""The host as a board: the same application as a native process."""

import sys

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()

env.Append(CPPDEFINES=["BOARD_HOST"], LINKFLAGS=["-dead_strip" if sys.platform == "darwin" else "-Wl,--gc-sections"])
env.Replace(PROGSUFFIX=".exe" if sys.platform == "win32" else "", PROGNAME="firmware", SIZETOOL=None)
