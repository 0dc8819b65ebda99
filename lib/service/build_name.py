"""Names a build, SERVICE_BUILD in the environment, for the one source that tells it: nothing else is compiled again.

A flag in PLATFORMIO_BUILD_FLAGS would do the same, and compile the framework of a real board each time.
"""

import os

Import("env")  # noqa: F821 - SCons


def named(env, node):
    """The same source with one definition more."""
    build = env.StringifyMacro(os.environ["SERVICE_BUILD"])
    return env.Object(node, CPPDEFINES=[*env["CPPDEFINES"], ("SERVICE_BUILD", build)])


if os.environ.get("SERVICE_BUILD"):
    env.AddBuildMiddleware(named, "*/info.c")  # noqa: F821
