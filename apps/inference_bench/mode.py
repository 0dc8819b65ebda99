"""PlatformIO: adds the build flags that `python tools/mlperf.py build --mode` has left beside the model.

In energy mode the board is not on USB: its console is then a UART, where the board's .ini names one beside USB. The
header of an application's model has settings of its front end and decision too, whose types it includes.
"""

from pathlib import Path

Import("env")  # noqa: F821  (SCons gives scripts this and `env`)

flags = Path(env.subst("$PROJECT_WORKSPACE_DIR")) / "inference_bench" / "flags"  # noqa: F821
chosen = flags.read_text().strip() if flags.is_file() else ""
uart = env.GetProjectOption("custom_uart", "")  # noqa: F821
if chosen:  # energy mode
    env.ProcessFlags(f"{chosen} -D BOARD_CONSOLE={uart}" if uart else chosen)  # noqa: F821
env.Append(CPPPATH=[str(path) for path in sorted(Path(env.subst("$PROJECT_DIR")).glob("lib/*/include"))])  # noqa: F821
