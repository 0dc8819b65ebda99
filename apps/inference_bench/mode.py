"""PlatformIO: adds the build flags that `python tools/mlperf.py build --mode` has left beside the model."""

from pathlib import Path

Import("env")  # noqa: F821  (SCons gives scripts this and `env`)

flags = Path(env.subst("$PROJECT_WORKSPACE_DIR")) / "inference_bench" / "flags"  # noqa: F821
if flags.is_file():
    env.ProcessFlags(flags.read_text())  # noqa: F821
