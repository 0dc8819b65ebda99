"""PlatformIO: before an environment with `custom_engine = tflm` is built, writes the application's model for it."""

import hashlib
import subprocess
import sys
from pathlib import Path

Import("env")  # noqa: F821 - SCons

PROJECT = Path(env.subst("$PROJECT_DIR"))  # noqa: F821
sys.path.insert(0, str(PROJECT))

from ml.engine import checkout  # noqa: E402  (of the project, which SCons does not know)
from ml.errors import UserError  # noqa: E402


def leave(env, line):
    sys.stderr.write(f"{line}\n")
    env.Exit(1)


def check(env):
    """The checkout, before anything is compiled."""
    dependencies = Path(env.subst("$PROJECT_LIBDEPS_DIR")) / env["PIOENV"] / "tflite-micro"
    try:
        checkout.find(
            [env.GetProjectOption("custom_tflm", ""), dependencies], env.GetProjectOption("custom_tflm_kernels", "")
        )
    except UserError as error:
        leave(env, f"Error: {error}")


def write(env, app):
    """Again only where the compiled header has changed."""
    header = PROJECT / "lib" / f"{app}_model" / f"{app}_model.h"
    folder = Path(env.subst("$PROJECT_WORKSPACE_DIR")) / "tflm" / app / f"{app}_tflm"
    stamp, now = folder / ".header", hashlib.sha256(header.read_bytes()).hexdigest() if header.is_file() else ""
    if stamp.is_file() and stamp.read_text() == now:
        return
    command = [env.subst("$PYTHONEXE"), "-m", "ml", "compile", app, "--engine", "tflm", "--out", str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        leave(env, f"Error: {(done.stderr.strip().splitlines() or ['ml compile gave no reason'])[-1]}")
    stamp.write_text(now)


check(env)  # noqa: F821
write(env, env.GetProjectOption("custom_app"))  # noqa: F821
