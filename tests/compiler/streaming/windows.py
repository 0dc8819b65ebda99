"""Streams beside windows: the output and every layer's rows, of every step, must be those of the whole window."""

import contextlib
import tempfile
from pathlib import Path

import numpy as np

from ml.compiler import tflm
from ml.compiler.compile import prepare
from ml.compiler.header import Identity, header
from ml.compiler.host import HostModel
from ml.compiler.operators import Options
from ml.compiler.reader import read
from ml.compiler.streaming import Request
from tests.compiler.parity import FLAGS


class Truth:
    """The whole window's tensors, by TensorFlow Lite Micro where it is at hand, else by the window's own C."""

    def __init__(self, tflite: bytes):
        self.input = read(tflite).inputs[0]
        self._reference = tflm.Reference(tflite) if tflm.available() else None
        if self._reference is None:
            with host(prepare(tflite, "model")) as self._host:
                pass

    def tensors(self, window: np.ndarray) -> dict[int, bytes]:
        if self._reference is not None:
            made = self._reference.run(window)
        else:
            made = {layer.tensor: layer.data for layer in self._host.layers(window)}
        return made | {self.input.index: window.tobytes()}


@contextlib.contextmanager
def host(program, flags=FLAGS):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model_model.h"
        path.write_text(header(program, Identity("model", "0" * 16), 0))
        yield HostModel(path, flags)


def random_stream(rows: int, row: int, seed: int) -> np.ndarray:
    """int8 [rows, row bytes]: noise, with stretches of the extremes."""
    chance = np.random.default_rng(seed)
    stream = chance.integers(-128, 128, (rows, row), np.int8)
    for value in (-128, 127):
        at = int(chance.integers(0, rows))
        stream[at : at + 3] = value
    return stream


def assert_stream_equals_windows(tflite: bytes, hop: int, optimise: str = "speed", steps: int = 25, seed: int = 0):
    """Runs a stream through the streaming form; returns its program."""
    program, truth = prepare(tflite, "model", Options(optimise), Request(hop)), Truth(tflite)
    stream = program.stream
    row = stream.window_size // stream.rows
    data = random_stream((stream.warm_up + steps) * hop, row, seed)
    with host(program) as streaming:
        for step in range(len(data) // hop):
            new = data[step * hop : (step + 1) * hop]
            layers = streaming.layers(new)
            if step + 1 >= stream.warm_up:
                window = data[(step + 1) * hop - stream.rows : (step + 1) * hop]
                assert_layers_equal(layers, truth.tensors(window), f"step {step}")
        streaming.reset()
        for fed in data[:-hop].reshape(-1, hop, row):
            streaming.feed(fed)
        assert_layers_equal(streaming.layers(data[-hop:]), truth.tensors(window), "the first step that is not only fed")
    return program


def assert_layers_equal(layers, tensors: dict[int, bytes], where: str) -> None:
    for layer in layers:
        expected = tensors[layer.tensor][layer.first : layer.first + len(layer.data)]
        assert layer.data == expected, f"{where}, layer {layer.name}, tensor {layer.tensor}"
