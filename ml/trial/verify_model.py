"""`python -m ml verify MODEL.tflite --on host|virtual|virtual-m3|PORT`: any model, without an application.

The header is compiled as `ml compile` does it and compared on this computer with TensorFlow Lite Micro. An emulated
Cortex-M then runs the same header with the board's own kernels, and each of its layers is compared with this
computer's. A board behind a port runs apps/inference_bench with the model (verify_bench.py).
"""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from ml.compiler.compile import Compiled, compile_model
from ml.compiler.host import HostModel
from ml.compiler.model_file import c_name, read_model
from ml.compiler.proof import Proof, layers_of, prove, windows
from ml.errors import UserError
from ml.evaluate.parity import Mismatch, difference
from ml.profile.image import build
from ml.profile.machine import Machine
from ml.progress import track
from ml.trial import verify_bench

CPUS = {"virtual": "cortex-m4", "virtual-m3": "cortex-m3"}
MODEL = "<5I"  # the first five words of an nn_model: name, hash, hash of the data, input, output


def verify_model(path: Path, target: str, inputs: int | None, as_json: bool) -> None:
    """Prints what was compared; a difference is a UserError. `inputs` are random ones, beside the edges."""
    with tempfile.TemporaryDirectory() as scratch:
        name = c_name(path)
        tflite = read_model(path)
        compiled = compile_model(tflite, name, Path(scratch), title=path.name)
        host = HostModel(compiled.header)
        rows = windows(compiled.program, inputs)
        proof = compiled.proof if inputs is None else prove(tflite, compiled.program, host, path.name, rows)
        compared = _elsewhere(target, compiled, host, rows, path)
    _tell(path, target, compiled, proof, len(rows), compared, as_json)


def _elsewhere(target: str, compiled: Compiled, host: HostModel, rows: np.ndarray, path: Path) -> int:
    """Bytes compared on an emulated processor, or on a board behind a port."""
    if target == "host":
        return 0
    if target in CPUS:
        return _on_machine(compiled, host, rows, c_name(path), target)
    given = track(list(rows), f"{path.name} on {target}", len(rows))
    return verify_bench.compare(target, compiled, host, given, path.name)


def _tell(path: Path, target: str, compiled: Compiled, proof: Proof, rows: int, compared: int, as_json: bool) -> None:
    layers = len(compiled.program.layers)
    if as_json:
        figures = {
            "model": compiled.hash,
            "on": target,
            "layers": layers,
            "proof": str(proof),
            "against": proof.against,
        }
        click.echo(json.dumps(figures | {"inputs": proof.inputs, "bytes_on_board": compared}, indent=1))
        return
    click.echo(f"{path.name}, {layers} layers: {proof}")
    if compared:
        click.echo(f"{path.name} on {target}: {rows} inputs: 0 of {compared:,} bytes differ from this computer's")


def _on_machine(compiled: Compiled, host: HostModel, rows: np.ndarray, name: str, target: str) -> int:
    """Bytes compared; the first layer that differs is a UserError."""
    image = build(compiled.header, name, compiled.header.parent, CPUS[target])
    machine = Machine(image.path)
    machine.boot("main")
    machine.call("profile_start")
    address = struct.unpack(MODEL, machine.read(machine.address(f"{name}_model"), 20))[3]
    host.reset()
    compared = 0
    for number, row in enumerate(track(list(rows), f"{name} on {target}", len(rows))):
        machine.write(address, row.tobytes())
        for found, size in _layers(machine, compiled, host, row, f"input {number}", name):
            if found:
                raise UserError(f"{name} on {target}: {found}; please report it with the model")
            compared += size
    return compared


def _layers(
    machine: Machine, compiled: Compiled, host: HostModel, row: np.ndarray, window: str, name: str
) -> Iterator[tuple[Mismatch | None, int]]:
    """(what differs, bytes) of each layer, which runs on the machine as it is asked for."""
    places = machine.address(f"{name}_layers")
    for layer, expected in zip(compiled.program.layers, layers_of(host, row), strict=True):
        machine.call("profile_layer", layer.number)
        _, data, size, _ = struct.unpack("<4I", machine.read(places + 16 * layer.number, 16))
        made = machine.read(data, size)
        shape = layer.op.output.shape
        differs = made != expected.data
        found = (
            difference(window, f"layer {expected.name}", layer.op.kind, shape, expected.data, made) if differs else None
        )
        yield found, size
