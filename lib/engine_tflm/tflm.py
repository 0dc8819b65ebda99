"""PlatformIO: compiles TensorFlow Lite Micro from the user's checkout, as its own Makefile would, and gives its headers
to the two libraries that need them: this one and the model's. docs/tflm.md

PlatformIO runs this file for both, in every environment; those without `custom_engine = tflm` have nothing of it.
"""

import sys
from pathlib import Path

Import("env", "pio_lib_builder")  # noqa: F821 - SCons

if env.GetProjectOption("custom_engine", "") != "tflm":  # noqa: F821
    Return()  # noqa: F821 - SCons

sys.path.insert(0, env.subst("$PROJECT_DIR"))  # noqa: F821

from ml.engine import checkout  # noqa: E402  (of the project, which SCons does not know)
from ml.errors import UserError  # noqa: E402


def found(env):
    """The user's checkout; the build ends in one line without it."""
    dependencies = Path(env.subst("$PROJECT_LIBDEPS_DIR")) / env["PIOENV"] / "tflite-micro"
    on_host = env.BoardConfig().get("build.core", "") == "host"  # CMSIS-NN is for Arm's processors
    kernels = "reference" if on_host else env.GetProjectOption("custom_tflm_kernels", "")
    try:
        return checkout.find([env.GetProjectOption("custom_tflm", ""), dependencies], kernels)
    except UserError as error:
        sys.stderr.write(f"Error: {error}\n")
        env.Exit(1)
        raise AssertionError from error


def without(flags, *kinds):
    return [flag for flag in env.Flatten(flags) if not str(flag).startswith(kinds)]  # noqa: F821


def set_up(env, source):
    """Headers, definitions and the standard that TensorFlow Lite Micro wants; its headers' warnings are its own. SCons
    does not look into system headers: the version tells it when to compile again."""
    system = [word for folder in source.includes for word in ("-isystem", str(folder))]
    env.Append(CPPDEFINES=[*source.defines, ("TFLM_VERSION", f"0x{source.version}u")], CCFLAGS=system)
    env.Replace(CXXFLAGS=[*without(env["CXXFLAGS"], "-std="), *checkout.CXX_FLAGS])


def archive(env, source):
    """libtflm.a."""
    own = env.Clone()
    own.Replace(CCFLAGS=without(own["CCFLAGS"], "-W", "-O", "-g"), CFLAGS=list(checkout.C_FLAGS))
    objects = []
    for level, sources in ((checkout.CORE, source.core), (checkout.KERNEL, source.kernel_sources)):
        flags = [*own["CCFLAGS"], *checkout.FLAGS, level]
        for path in sources:
            place = Path("tflm") / path.relative_to(source.root)
            objects.append(own.Object(str(Path("$BUILD_DIR") / place) + ".o", str(path), CCFLAGS=flags))
    print(f"TensorFlow Lite Micro of {source.root}: {len(objects)} files, {source.kernels}")
    return own.StaticLibrary(str(Path("$BUILD_DIR") / "libtflm"), objects)


here = found(env)  # noqa: F821
set_up(env, here)  # noqa: F821
if pio_lib_builder.name == "engine_tflm":  # noqa: F821
    env.Append(LIBS=archive(env, here))  # noqa: F821
