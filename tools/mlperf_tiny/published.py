"""Drives the runner published with MLPerf Tiny (mlcommons/tiny, benchmark/runner): its files stay as they are.

It looks for boards by USB vendor and product, and takes what to do from two files of settings; both are written here.
"""

from __future__ import annotations

import json
import math
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

from ml.errors import UserError
from ml.files import replace_file
from ml.link.bench import Bench
from ml.link.port import resolve, workspace
from tools.mlperf_tiny import usb_port
from tools.mlperf_tiny.build import BAUDS
from tools.mlperf_tiny.dataset import LABELS, Question, load
from tools.mlperf_tiny.score import LEAST_S, WINDOWS

NO_USB = (0x1209, 0x0001)  # pid.codes keeps it for tests: of a port that has none
NEEDS = "joulescope matplotlib numpy pyserial pyusb pyyaml scikit-learn"
MODES = {"accuracy": "a", "performance": "p"}
# It waits 5 s for a line, and an `infer` says nothing while it warms up or measures; five windows that take less than
# 10 s together it calls an error, by the host's clock. An emulator is faster than its time and as steady as its host.
LONGEST_S, WINDOW_S, WARM_UP_S = 4.0, 1.8, 1.4
TRIAL_S = 1.0
WARMUPS = 10


@dataclass(frozen=True)
class Plan:
    """What to run: the contents of tests.yaml."""

    model: str
    loops: int
    iterations: int
    warmups: int

    def yaml(self) -> str:
        return f"""\
{self.model}:
  name: {self.model}
  model: {self.model}
  truth_file: {LABELS}
  script:
    - loop {self.loops}:
      - download
      - infer {self.iterations} {self.warmups}
"""


def run(checkout: Path, port: str, data: Path, mode: str, python: str, limit: int | None) -> Path:
    """Runs it; the folder with the settings it got and its own `sessions`."""
    program = _program(checkout)
    bench = Bench(port)
    try:
        name, model = bench.name, bench.model
        root = _root(data, model)
        questions = load(root / model)[:limit]
        plan = _plan(bench, model, questions, mode)
    finally:
        bench.close()
    target = resolve(port, "inference_bench")
    vendor, product = _usb(target)
    folder = workspace() / "inference_bench" / "runner"
    replace_file(folder / "devices.yaml", _devices(name, vendor, product).encode())
    replace_file(folder / "tests.yaml", plan.yaml().encode())
    command = [str(program), "-d", "devices.yaml", "-t", "tests.yaml", "-s", str(root.resolve()), "-m", MODES[mode]]
    if (vendor, product) == NO_USB:
        command = [usb_port.__file__, target, f"{vendor:04x}", f"{product:04x}", *command]
    _call([python, *command], folder)
    return folder


def _program(checkout: Path) -> Path:
    for program in (checkout / "benchmark" / "runner" / "main.py", checkout / "main.py"):
        if program.is_file():
            return program.resolve()
    raise UserError(
        f"{checkout}: expected a checkout of mlcommons/tiny, found no benchmark/runner/main.py in it; "
        "clone it: git clone https://github.com/mlcommons/tiny"
    )


def _root(data: Path, model: str) -> Path:
    """The folder that holds a folder of the model's name."""
    for root in (data, data.resolve().parent):
        if (root / model / LABELS).is_file() and (root == data or data.resolve().name == model):
            return root
    raise UserError(f"{data}: expected {model}/{LABELS} in it, found none; the runner wants a folder for each model")


def _plan(bench: Bench, model: str, questions: Sequence[Question], mode: str) -> Plan:
    if mode == "accuracy":
        _check_classes(questions)
        return Plan(model, len(questions), 1, 0)
    if len(questions) < WINDOWS:
        raise UserError(f"expected at least {WINDOWS} inputs, for the runner takes another each window, found fewer")
    bench.load(questions[0].windows[0])
    _, host = _pace(bench, 1)
    device, host = _pace(bench, math.ceil(TRIAL_S / host))
    most = int(LONGEST_S / host)
    iterations = math.ceil(max(1.05 * LEAST_S / device, WINDOW_S / host))
    warmups = max(WARMUPS, math.ceil(WARM_UP_S / host))
    return Plan(model, WINDOWS, max(1, min(iterations, most)), min(warmups, most))


def _pace(bench: Bench, iterations: int) -> tuple[float, float]:
    """Seconds of an inference by the device's clock and by the host's."""
    start = time.monotonic()
    microseconds = bench.infer(iterations, 0).microseconds
    return max(microseconds, 1) / 1e6 / iterations, (time.monotonic() - start) / iterations


def _check_classes(questions: Sequence[Question]) -> None:
    """Its area under the curve wants every class."""
    missing = sorted(set(range(questions[0].classes)) - {question.label for question in questions})
    if missing:
        raise UserError(
            f"expected inputs of all {questions[0].classes} classes, for the runner's AUC, found none of "
            f"{', '.join(map(str, missing[:12]))}; add some, or raise --limit"
        )


def _usb(port: str) -> tuple[int, int]:
    if "://" in port:
        raise UserError(f"{port}: expected a device path, which is all that the published runner opens, found a URL")
    for known in list_ports.comports(include_links=True):
        if known.vid and Path(known.device).resolve() == Path(port).resolve():
            return known.vid, known.pid
    return NO_USB


def _devices(name: str, vendor: int, product: int) -> str:
    bauds = {"accuracy": BAUDS["performance"]} | BAUDS
    return f"""\
- name: {json.dumps(name)}
  type: dut
  check_name: {json.dumps(name)}
  baud:
{"".join(f"    {mode}: {baud}{chr(10)}" for mode, baud in sorted(bauds.items()))}\
  usb:
    0x{vendor:04X}: 0x{product:04X}
"""


def _call(command: Sequence[str], folder: Path) -> None:
    try:
        status = subprocess.run(command, cwd=folder, check=False, stdin=subprocess.DEVNULL).returncode
    except OSError as error:
        raise UserError(f"{command[0]}: expected a Python, found: {error.strerror}; name another (--python)") from None
    if status:
        raise UserError(
            f"expected the published runner to end well, found status {status}, see above; its Python "
            f"({command[0]}) needs {NEEDS}"
        )
