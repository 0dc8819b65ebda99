"""Gives keys.c the public keys of the product: update_keys.h beside platformio.ini, of `python -m ml keys`."""

from pathlib import Path

Import("env")  # noqa: F821 - SCons

HEADER = "update_keys.h"


def with_keys(env, node):
    """The same source with the header in its path: it is compiled again when the header has changed."""
    folder = env.subst("$PROJECT_DIR")
    header = ("UPDATE_KEYS_HEADER", env.StringifyMacro(HEADER))
    return env.Object(node, CPPPATH=[*env["CPPPATH"], folder], CPPDEFINES=[*env["CPPDEFINES"], header])


given = [define for define in env.get("CPPDEFINES", []) if "UPDATE_KEYS_HEADER" in str(define)]  # noqa: F821
if not given and (Path(env.subst("$PROJECT_DIR")) / HEADER).is_file():  # noqa: F821
    env.AddBuildMiddleware(with_keys, "*/keys.c")  # noqa: F821
