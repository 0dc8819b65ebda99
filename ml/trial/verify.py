"""`python -m ml verify APP|MODEL.tflite --on host|virtual|virtual-m3|PORT`."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import click
import numpy as np

from ml.classical.products import PRODUCTS
from ml.classical.verify import verify_classical
from ml.compiler.host import HostModel
from ml.compiler.reader import read
from ml.compiler.tflm import Reference
from ml.data.streams import Stream
from ml.engine.outline import outline
from ml.errors import UserError
from ml.evaluate.parity import Case, Host, OnDevice, Parity, Target, layers, operators
from ml.link.device import Device
from ml.paths import ROOT
from ml.pipeline.contract import APPS, App
from ml.pipeline.run import Run, last_or_committed
from ml.profile.boards import EMULATED, SMALL
from ml.progress import say, track
from ml.trial import made_up
from ml.trial.committed import committed
from ml.trial.verify_model import verify_model

ON = f"{', '.join(('host', *EMULATED))} ({', '.join(PRODUCTS)}: {', '.join(SMALL)}), or a board's port."


@click.command()
@click.argument("app", metavar="APP|MODEL.tflite")
@click.option("--on", "target", default="host", show_default=True, help=ON)
@click.option("--windows", type=click.IntRange(1), help="How many held-out windows; all when left out.")
@click.option(
    "--engine",
    type=click.Choice(["header", "tflm"]),
    default="header",
    show_default=True,
    help="What the board runs: the compiled header, or TensorFlow Lite Micro (docs/tflm.md).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--out", type=click.Path(file_okay=False), help="The folder that was given to `train` or `run`.")
def verify(app: str, target: str, windows: int | None, engine: str, as_json: bool, out: str | None) -> None:
    """Compare front end and layers with TensorFlow Lite Micro, byte for byte.

    With a .tflite, compare the layers. A board behind a port then runs apps/inference_bench with that model: python
    tools/mlperf.py build MODEL.tflite --id NAME.
    """
    if engine == "tflm" and (app.endswith(".tflite") or target == "host"):
        raise UserError(f"expected an application and a board for --engine tflm, found {app} on {target}; name both")
    if app.endswith(".tflite"):
        verify_model(Path(app), target, windows, as_json)
        return
    if app in PRODUCTS:
        verify_classical(app, target, windows, as_json, upload, prove)
        return
    if app not in APPS:
        raise UserError(f"expected an application ({', '.join((*APPS, *PRODUCTS))}) or a .tflite file, found {app!r}")
    run = last_or_committed(app, out)
    model = compiled_model(run)
    with _target(target, run, model, "-tflm" if engine == "tflm" else "") as runs:
        parity = compare(run, runs, f"{app} on {target}", windows, engine)
    if as_json:
        click.echo(json.dumps(_summary(app, target, model, parity), indent=1))
    differing = len(parity.mismatches)
    if differing:
        raise UserError(f"{differing} of {parity.windows} windows differ on {target}; {parity.mismatches[0]}")
    if not as_json:
        stages = f"the front end and {len(parity.stages)} layers"
        click.echo(f"{app} on {target}: {parity.windows} windows through {stages}: 0 of {parity.bytes:,} bytes differ")


def compare(run: Run, target: Target, what: str, windows: int | None = None, engine: str = "header") -> Parity:
    """Compares held-out windows of a run on a target; `what` is said while it goes on."""
    trained = (run.folder / "run.json").exists()
    cases = _cases(run.folder / "held_out.npz", windows, run.app) if trained else _made_up(run, windows)
    model = compiled_model(run)
    tflite = _read(run.tflite, run.app)
    own = engine == "tflm"  # whose layers are the model's operators, none of them fused or narrower
    stages = operators(outline(tflite, run.app)) if own else layers(model)
    parity = Parity(Reference(tflite, read(tflite) if own else None), stages, target, model.step_bytes)
    parity.compare(track(cases, what, len(cases)))
    return parity


def _read(path: Path, app: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise UserError(f"{path}: expected it, found none; make it with: python -m ml run {app}") from None


def compiled_model(run: Run) -> HostModel:
    """The run's header, which must come from its very model."""
    tflite = _read(run.tflite, run.app)
    header = run.header_folder / f"{run.app}_model.h"
    _read(header, run.app)
    model = HostModel(header)
    expected, found = hashlib.sha256(tflite).hexdigest()[:16], model.model.hash.decode()
    if found != expected:
        raise UserError(
            f"{header}: expected model {expected}, found {found}; compile it again with: python -m ml compile {run.app}"
        )
    return model


def _cases(path: Path, count: int | None, app: str) -> list[Case]:
    """Held-out windows, evenly spread where fewer are wanted than there are."""
    _read(path, app)
    try:
        kept = np.load(path)
        rows = zip(*(kept[name] for name in ("files", "samples", "count", "rate_mhz", "inputs")), strict=True)
        cases = [Case(str(file), samples[:n], int(rate), one) for file, samples, n, rate, one in rows]
    except (OSError, EOFError, BadZipFile, ValueError, KeyError) as error:
        raise UserError(f"{path}: expected held-out windows, found: {error}; run: python -m ml run {app}") from None
    if not cases:
        raise UserError(f"{path}: expected held-out windows, found none; run: python -m ml run {app}")
    wanted = min(count or len(cases), len(cases))
    return [cases[i * len(cases) // wanted] for i in range(wanted)]


def _made_up(run: Run, count: int | None) -> list[Case]:
    made = committed(run.application(), run.header_folder)
    say(f"{run.app}: nobody has trained here, so the committed model is compared on signals that are made up")
    return made_up.cases(made, count or made_up.CASES)


@contextmanager
def _target(name: str, run: Run, model: HostModel, engine: str) -> Iterator[Target]:
    if name == "host":
        yield Host(model, _as_shipped(run).inputs)
        return
    if name in EMULATED:
        name += engine
        upload(f"{run.app}-{name}")
    with Device.open(name, app=run.app) as device:
        prove(device, model.model.hash.decode())
        yield on_device(run, model, device)
        device.end_injection()


def on_device(run: Run, model: HostModel, device: Device) -> OnDevice:
    """A board that runs the run's model, and how many windows it must make of a case, asleep or not."""
    app = _as_shipped(run)

    def windows(case: Case) -> int:
        return len(app.score(Stream("", case.samples, case.rate_mhz, (), app.sensor), model).sample)

    return OnDevice(device, windows)


def _as_shipped(run: Run) -> App:
    return run.application().of_header(run.header_folder / f"{run.app}_model.h")


def upload(environment: str) -> None:
    """Builds what has changed and starts it: a model's hash does not tell whether its kernels are today's."""
    say(f"pio run -e {environment} -t upload ...")
    command = [sys.executable, "-m", "platformio", "run", "-e", environment, "-t", "upload"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).splitlines()
        lines = [line for line in said if line.startswith("Error: ")]  # of our platform: for people
        lines += [line for line in said if "rror" in line or "undefined" in line] or ["no reason given"]
        raise UserError(f"pio run -e {environment} -t upload: {lines[0].strip()}; run it to see more")


def prove(device: Device, expected: str) -> None:
    """The board answers now, and runs this model."""
    device.ping()
    found = device.info.model.hash if device.info.model else "none"
    if device.info.fault and not device.info.model:
        raise UserError(f"expected answers from {device.info.app}, found none: {device.info.fault}")
    if found != expected:
        raise UserError(
            f"{device.port.name}: expected model {expected}, found {found}; "
            f"flash it with: pio run -e {device.info.app}-{device.info.board} -t upload"
        )


def _summary(app: str, target: str, model: HostModel, parity: Parity) -> dict:
    cycles = parity.target.cycles if isinstance(parity.target, OnDevice) else {}
    first = parity.mismatches[0] if parity.mismatches else None
    return {
        "app": app,
        "on": target,
        "model": model.model.hash.decode(),
        "windows": parity.windows,
        "bytes": parity.bytes,
        "windows_differing": len(parity.mismatches),
        "first_difference": vars(first) if first else None,
        "layers": [vars(layer) | {"cycles": cycles.get(layer.name)} for layer in parity.stages],
    }
