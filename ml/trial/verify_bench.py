"""Any model on a board behind a port: apps/inference_bench, built with that model, tells the CRC-32 of each layer.

python tools/mlperf.py build MODEL.tflite --id mine
pio run -e inference_bench-nano33ble -t upload
python -m ml verify MODEL.tflite --on /dev/ttyACM0
"""

import contextlib
import zlib
from collections.abc import Iterable

import numpy as np

from ml.compiler.compile import Compiled
from ml.compiler.graph import Tensor
from ml.compiler.host import HostModel
from ml.compiler.proof import layers_of
from ml.errors import UserError
from ml.link.bench import Bench, Inside

HOW = "python tools/mlperf.py build {model} --id mine, then: pio run -e inference_bench-BOARD -t upload"


def compare(port: str, compiled: Compiled, host: HostModel, rows: Iterable[np.ndarray], model: str) -> int:
    """Bytes compared; the first layer that differs is a UserError, and so is a board with another model."""
    given, compared = compiled.program.input, 0
    with contextlib.closing(Bench(port)) as bench:
        inside = bench.inside()
        _check(port, inside, compiled, model)
        for number, row in enumerate(rows):
            bench.load(_sent(row, given, inside))
            host.reset()  # as the board does before layer 0
            for place, layer in enumerate(layers_of(host, row)):
                size, crc = bench.layer(place)
                if (size, crc) != (len(layer.data), zlib.crc32(layer.data)):
                    raise UserError(
                        f"{model} on {port}: input {number}: layer {place} {layer.name} is the first that differs: "
                        f"expected {len(layer.data)} bytes with the CRC-32 {zlib.crc32(layer.data):08x}, found {size} "
                        f"with {crc:08x}; please report it with the model"
                    )
                compared += size
    return compared


def _check(port: str, inside: Inside, compiled: Compiled, model: str) -> None:
    if inside.hash != compiled.hash:
        how = HOW.format(model=model)
        raise UserError(f"{port}: expected model {compiled.hash}, found {inside.hash}; flash it with: {how}")
    if inside.layers != len(compiled.program.layers):
        raise UserError(
            f"{port}: expected {len(compiled.program.layers)} layers, found {inside.layers}: its header is of another "
            f"compiler; flash it with: {HOW.format(model=model)}"
        )


def _sent(row: np.ndarray, given: Tensor, inside: Inside) -> bytes:
    """An int8 input as the board's `db` takes it."""
    if inside.input == "uint8":
        return (row.astype(np.int16) + 128).astype(np.uint8).tobytes()
    if inside.input == "float32":
        return ((row.astype(np.float32) - int(given.zero)) * np.float32(given.scale)).astype("<f4").tobytes()
    return row.tobytes()
