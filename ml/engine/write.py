"""`python -m ml compile APP|MODEL.tflite --engine tflm`: a folder that is a PlatformIO library, for lib/engine_tflm."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.compiler import emit
from ml.compiler.host import HostModel
from ml.compiler.proof import fixed_input
from ml.engine import source
from ml.engine.arena import Arena, arena, measure
from ml.engine.outline import Outline, outline
from ml.engine.resolver import method
from ml.engine.source import Stream, Written
from ml.errors import UserError
from ml.files import replace_file
from ml.paths import ROOT

SETTINGS = ("#include <stddef.h> // NULL\n", "// What the integers mean: ")  # what stands around them in a header
SCRIPT = ROOT / "lib" / "engine_tflm" / "tflm.py"


@dataclass(frozen=True)
class Made:
    """What was written, and what it takes."""

    header: Path
    hash: str
    model: Outline
    arena: Arena
    bytes: int  # of the .tflite


def of_file(path: Path, tflite: bytes, name: str, out: Path) -> Made:
    """A model by itself."""
    return _write(path.name, tflite, name, out, None)


def of_app(app: str, out: Path) -> Made:
    """The application's model with the settings of its compiled header, which says what the model is."""
    path = ROOT / "lib" / f"{app}_model" / f"{app}_model.h"
    if not path.is_file():
        raise UserError(f"{path}: expected the application's compiled model, found none; run: python -m ml run {app}")
    compiled = HostModel(path)
    return _write(app, model_of(app, compiled.model.hash.decode()), app, out, compiled, path.read_text())


def model_of(app: str, wanted: str) -> bytes:
    """The `.tflite` with the first 16 hex digits of this SHA-256: beside the compiled header, or of the last run."""
    places = [*sorted((ROOT / "lib" / f"{app}_model").glob("*.tflite")), ROOT / "build" / app / "model.tflite"]
    for path in places:
        if path.is_file() and _hash(data := path.read_bytes()) == wanted:
            return data
    raise UserError(
        f"lib/{app}_model: expected the .tflite of model {wanted} beside its header or in build/{app}, found none; "
        f"make both with: python -m ml run {app}"
    )


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _write(title: str, tflite: bytes, name: str, out: Path, compiled: HostModel | None, text: str = "") -> Made:
    emit.identifier(name)
    model = outline(tflite, title)
    for kind in model.kinds:
        method(kind, title)
    stream = _stream_of(compiled)
    measured = measure(tflite, title, _windows(model, stream))
    first, *later = measured.checks
    if compiled and (later or measured.checks)[-1] != (stream.check if stream else compiled.model.check):
        raise UserError(
            f"{title}: expected the compiled header's output of TensorFlow Lite Micro for the fixed input, found "
            "another; the header is not of this model: compile it again"
        )
    made = Written(
        name=name,
        hash=_hash(tflite),
        data_hash=compiled.model.data_hash.decode() if compiled else "",
        labels=[compiled.model.label[i].decode() for i in range(compiled.model.classes)] if compiled else (),
        settings=_settings(text, title) if compiled else "",
        model=model,
        arena=arena(model, measured),
        check=first,
        stream=stream,
    )
    files = {
        f"{name}_model.h": source.header(made),
        f"{name}_model.cc": source.source(made),
        f"{name}_model_data.h": source.data_header(name),
        f"{name}_model_data.cc": source.data(name, tflite),
        "library.json": _library(name, out),
    }
    for file, content in files.items():
        replace_file(out / file, content.encode())
    return Made(out / f"{name}_model.h", made.hash, model, made.arena, len(tflite))


def _stream_of(compiled: HostModel | None) -> Stream | None:
    if not compiled or not compiled.stream:
        return None
    return Stream(compiled.stream.hop, compiled.stream.rows, compiled.stream.check)


def _windows(model: Outline, stream: Stream | None) -> np.ndarray:
    """Whose outputs are the checks: the fixed input; in streaming form the window after the first step and the full
    one, int8 [input, bytes]."""
    size = model.input.size
    if not stream:
        return fixed_input(size)[None]
    step = size // stream.rows * stream.hop
    numbers = fixed_input(step * stream.warm_up)
    empty = np.full(size - step, model.input.zero, np.int8)
    return np.stack([np.concatenate([empty, numbers[:step]]), numbers[-size:]])


def _settings(text: str, title: str) -> str:
    _, found, rest = text.partition(SETTINGS[0])
    settings, ends, _ = rest.partition(SETTINGS[1])
    if not found or not ends:
        raise UserError(f"{title}: expected a header of `python -m ml compile`, found another; compile it again")
    return settings


def _library(name: str, out: Path) -> str:
    manifest = {
        "name": f"{name}_tflm",
        "version": "0.1.0",
        "description": "A model on TensorFlow Lite Micro: written by `python -m ml compile --engine tflm`",
        "build": {
            "includeDir": ".",
            "srcDir": ".",
            "extraScript": Path(os.path.relpath(SCRIPT, out.resolve())).as_posix(),
        },
        "dependencies": {"nn": "*", "engine_tflm": "*"},
    }
    return json.dumps(manifest, indent=2) + "\n"
