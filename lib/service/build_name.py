"""Names a build without compiling anything else again: SERVICE_BUILD from the environment, for this library only.

A flag in PLATFORMIO_BUILD_FLAGS would do the same, and compile the framework of a real board each time.
"""

import os

Import("env")  # noqa: F821 - SCons

if os.environ.get("SERVICE_BUILD"):
    env.Append(CPPDEFINES=[("SERVICE_BUILD", env.StringifyMacro(os.environ["SERVICE_BUILD"]))])  # noqa: F821
