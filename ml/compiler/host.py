"""A compiled header, built for this computer: the code that ships, called from Python."""

from __future__ import annotations

import ctypes
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.errors import UserError
from ml.native.build import archive, load
from ml.paths import ROOT

NN = ROOT / "lib" / "nn" / "src"

_WRAPPER = """#include "{header}"
#include <string.h>
const nn_model *compiled_model(void) {{ return &{name}_model; }}
void compiled_run(const int8_t *inputs, int8_t *outputs, uint32_t count) {{
    const nn_model *model = compiled_model();
    for (uint32_t i = 0; i < count; i++) {{
        memcpy(model->input, inputs + i * model->input_size, model->input_size);
        nn_run(model);
        memcpy(outputs + i * model->output_size, model->output, model->output_size);
    }}
}}
_Bool compiled_check(void) {{ return nn_self_test(compiled_model()); }}
uint32_t compiled_fixed_crc(void) {{
    const nn_model *model = compiled_model();
    nn_self_test(model);
    nn_fixed_input(model);
    nn_run(model);
    const uint32_t crc = nn_crc32(model->output, model->output_size);
    if (model->reset) model->reset();
    return crc;
}}
"""


_FIRST_WRAPPER = """
const uint32_t *compiled_first(void) {{ return {name}_first; }}
"""
_STREAM_WRAPPER = """
const nn_stream *compiled_stream(void) {{ return &{name}_stream; }}
_Bool compiled_push(const int8_t *rows) {{ return {name}_push(rows); }}
void compiled_feed(const int8_t *rows) {{ nn_feed(&{name}_stream, rows); }}
_Bool compiled_stream_check(void) {{ return nn_stream_self_test(compiled_stream()); }}
uint32_t compiled_stream_crc(void) {{ return nn_stream_crc(compiled_stream()); }}
"""


class _Layer(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_uint32),
        ("tensor", ctypes.c_uint16),
    )


_Step = ctypes.CFUNCTYPE(None, ctypes.c_uint16)
_Reset = ctypes.CFUNCTYPE(None)


class _Quantisation(ctypes.Structure):
    _fields_ = (("scale", ctypes.c_float), ("zero", ctypes.c_int16))


class _Model(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("hash", ctypes.c_char_p),
        ("data_hash", ctypes.c_char_p),
        ("input", ctypes.c_void_p),
        ("output", ctypes.c_void_p),
        ("input_size", ctypes.c_uint32),
        ("output_size", ctypes.c_uint32),
        ("arena", ctypes.c_void_p),
        ("arena_size", ctypes.c_uint32),
        ("layers", ctypes.c_uint16),
        ("classes", ctypes.c_uint16),
        ("layer", ctypes.POINTER(_Layer)),
        ("label", ctypes.POINTER(ctypes.c_char_p)),
        ("step", _Step),
        ("reset", _Reset),
        ("check", ctypes.c_uint32),
        ("input_quantisation", _Quantisation),
        ("output_quantisation", _Quantisation),
    )


class _Stream(ctypes.Structure):
    _fields_ = (
        ("model", ctypes.POINTER(_Model)),
        ("hop", ctypes.c_uint16),
        ("rows", ctypes.c_uint16),
        ("warm_up", ctypes.c_uint16),
        ("head", ctypes.c_uint16),
        ("steps", ctypes.POINTER(ctypes.c_uint16)),
        ("first", ctypes.POINTER(ctypes.c_uint32)),
        ("check", ctypes.c_uint32),
    )


def _stream(library: ctypes.CDLL) -> _Stream | None:
    """The stream of a header in streaming form, None for other headers."""
    if not hasattr(library, "compiled_stream"):
        return None
    library.compiled_stream.restype = ctypes.POINTER(_Stream)
    library.compiled_push.restype = library.compiled_stream_check.restype = ctypes.c_bool
    library.compiled_stream_crc.restype = ctypes.c_uint32
    return library.compiled_stream().contents


def _first(library: ctypes.CDLL):
    """Where each layer's output begins in its tensor, None where every layer makes a whole tensor."""
    if not hasattr(library, "compiled_first"):
        return None
    library.compiled_first.restype = ctypes.POINTER(ctypes.c_uint32)
    return library.compiled_first()


@dataclass(frozen=True)
class LayerOutput:
    """What one layer made of an input."""

    name: str
    tensor: int  # index in the .tflite
    data: bytes
    first: int = 0  # byte of that tensor at which `data` begins; not 0 for strips only


class HostModel:
    """A generated header compiled and loaded. `flags` go to the C compiler, for instance a sanitizer's."""

    def __init__(self, header: Path, flags: tuple[str, ...] = ()):
        text = header.read_text()
        found = re.search(r"^static const nn_model (\w+)_model = ", text, re.MULTILINE)
        if not found:
            raise UserError(f"{header}: expected a compiled model, found no nn_model in it; compile it again")
        self.name = found[1]
        kernels = archive("nn", sorted(NN.rglob("*.c")), flags=list(flags))
        with tempfile.TemporaryDirectory() as scratch:
            wrapper = Path(scratch) / "wrapper.c"
            source = _WRAPPER + (_FIRST_WRAPPER if f"static const uint32_t {self.name}_first[" in text else "")
            source += _STREAM_WRAPPER if f"nn_stream {self.name}_stream" in text else ""
            wrapper.write_text(source.format(header=header.resolve().as_posix(), name=self.name))
            structures = {"nn_layer": _Layer, "nn_model": _Model}
            if "compiled_stream" in wrapper.read_text():
                structures["nn_stream"] = _Stream
            sources = [wrapper, kernels]
            self.library = load(self.name, sources, structures=structures, flags=list(flags), folder=Path(scratch))
        self.library.compiled_model.restype = ctypes.POINTER(_Model)
        self.library.compiled_check.restype = ctypes.c_bool
        self.library.compiled_fixed_crc.restype = ctypes.c_uint32
        self.model = self.library.compiled_model().contents
        self.stream = _stream(self.library)
        self.first = _first(self.library)
        self.reset()

    def _shaped(self, inputs: np.ndarray) -> np.ndarray:
        size = self.model.input_size
        flat = np.ascontiguousarray(inputs)
        if flat.nbytes % size or flat.nbytes == 0:
            raise ValueError(f"expected inputs of {size} bytes each, found {flat.nbytes} bytes")
        return flat.view(np.int8).reshape(-1, size)

    def run(self, inputs: np.ndarray) -> np.ndarray:
        """int8 [n, output bytes] for inputs of [n, input bytes] (any shape and integer type with those bytes)."""
        rows = self._shaped(inputs)
        outputs = np.empty((len(rows), self.model.output_size), np.int8)
        self.library.compiled_run(
            rows.ctypes.data_as(ctypes.c_void_p), outputs.ctypes.data_as(ctypes.c_void_p), len(rows)
        )
        return outputs

    @property
    def step_bytes(self) -> int | None:
        """What a step of the streaming form takes; None where an inference takes the whole window."""
        return self.model.input_size if self.stream else None

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        """int8 [n, output bytes] for whole windows [n, ...]: as `run`, or in streaming form each from a fresh start."""
        if not len(inputs):  # a gate may have let it sleep all the time
            return np.empty((0, self.model.output_size), np.int8)
        if not self.stream:
            return self.run(inputs)
        return np.stack([self._last_output(window) for window in inputs])

    def _last_output(self, window: np.ndarray) -> np.ndarray:
        self.push(self.all_but_last(window))
        return np.frombuffer(ctypes.string_at(self.model.output, self.model.output_size), np.int8)

    def all_but_last(self, window: np.ndarray) -> np.ndarray:
        """Takes a window from a fresh start but for its last step, whose rows, int8 [input bytes], it returns."""
        self.reset()
        size = self.model.input_size
        flat = np.ascontiguousarray(window).view(np.int8).ravel()
        steps = np.pad(flat, (-len(flat) % size, 0)).reshape(-1, size)
        for rows in steps[:-1]:
            self.feed(rows)
        return steps[-1]

    def layers(self, inputs: np.ndarray) -> list[LayerOutput]:
        """Every layer's output for one input, in order."""
        row = self._shaped(inputs)[0]
        ctypes.memmove(self.model.input, row.ctypes.data, self.model.input_size)
        seen = []
        for number in range(self.model.layers):
            self.model.step(number)
            layer = self.model.layer[number]
            first = self.first[number] if self.first else 0
            seen.append(LayerOutput(layer.name.decode(), layer.tensor, ctypes.string_at(layer.data, layer.size), first))
        return seen

    def push(self, rows: np.ndarray) -> np.ndarray | None:
        """A step of a model in streaming form: the output, int8, or None while the window is not full."""
        step = self._shaped(rows)[0]
        if not self.library.compiled_push(step.ctypes.data_as(ctypes.c_void_p)):
            return None
        return np.frombuffer(ctypes.string_at(self.model.output, self.model.output_size), np.int8)

    def feed(self, rows: np.ndarray) -> None:
        """As `push`, without the output."""
        self.library.compiled_feed(self._shaped(rows)[0].ctypes.data_as(ctypes.c_void_p))

    def reset(self) -> None:
        """Puts a model with state back to its start."""
        if self.model.reset:
            self.model.reset()

    def check(self) -> bool:
        """True when the output for the fixed input has the CRC-32 that the header states."""
        return bool(self.library.compiled_check())

    def stream_check(self) -> bool:
        """As `check`, for a full window of a model in streaming form."""
        return bool(self.library.compiled_stream_check())

    def stream_crc(self) -> int:
        """CRC-32 of the output for a full window of the fixed numbers; starts the stream again."""
        return int(self.library.compiled_stream_crc())

    def fixed_crc(self) -> int:
        """CRC-32 of the output for the fixed input."""
        return int(self.library.compiled_fixed_crc())
