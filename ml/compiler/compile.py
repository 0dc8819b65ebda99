"""`compile_model`: from the bytes of a `.tflite` to a folder with a header, checked on this computer."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ml.compiler import emit, failure, lowering, streaming, tiling
from ml.compiler.header import Identity, header
from ml.compiler.host import HostModel
from ml.compiler.lowering import Program
from ml.compiler.operators import Options
from ml.compiler.passes import run_passes
from ml.compiler.proof import TFLM, Proof, prove
from ml.compiler.reader import read
from ml.errors import UserError
from ml.files import replace_file


@dataclass(frozen=True)
class Compiled:
    """What was made and what it costs."""

    header: Path
    program: Program
    hash: str  # first 16 hex digits of the SHA-256 of the .tflite
    check: int  # CRC-32 of the output for the fixed input; in streaming form, of that for a full window
    proof: Proof  # what the layers were compared with

    @property
    def verified(self) -> bool:
        """Whether that was TensorFlow Lite Micro."""
        return self.proof.against == TFLM


def prepare(
    tflite: bytes, name: str, options: Options | None = None, stream: streaming.Request | None = None
) -> Program:
    """Reads, checks, simplifies, chooses kernels and plans memory; writes nothing.

    The checks are meant to find every contradiction in a damaged file. One that slips through them must still end in a
    line and not in a traceback: the file is somebody else's.
    """
    try:
        with np.errstate(all="ignore"):
            return _prepare(tflite, name, options or Options(), stream)
    except CONTRADICTIONS as error:
        raise UserError(failure.in_words(error, tflite, name)) from error


CONTRADICTIONS = (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError)


def _prepare(tflite: bytes, name: str, options: Options, stream: streaming.Request | None) -> Program:
    graph = run_passes(read(tflite, name))
    lowering.check(graph, name)
    if stream is not None:
        return streaming.stream(graph, options, name, stream)
    return tiling.build(graph, options, name)


def compile_model(
    tflite: bytes,
    name: str,
    out_dir: Path,
    *,
    labels: Sequence[str] = (),
    data_hash: str = "",
    sections: Sequence[str] = (),
    notes: Sequence[str] = (),
    options: Options | None = None,
    stream: streaming.Request | None = None,
    title: str = "",
    outputs_are_labels: bool = True,
    limits: Mapping[str, int | None] | None = None,
) -> Compiled:
    """Writes `<name>_model.h` and library.json to `out_dir`.

    `name` is a C identifier; `labels` name the outputs, unless it is said that they do not; `sections` is C text that
    goes in as it is; `notes` are comment lines; `title` names the model in errors; `stream` asks for the streaming
    form; `limits` are a board's bytes of "flash" and "RAM". The header is compiled and run on this computer first, and
    every layer compared (see proof.py): nothing is written that does not agree.
    """
    emit.identifier(name)
    program = prepare(tflite, title or name, options, stream)
    scores = program.graph.outputs[0].elements  # of several outputs, labels name the values of the first
    if labels and outputs_are_labels and len(labels) != scores:
        raise UserError(f"{title or name}: expected {scores} labels, one an output, found {len(labels)}")
    _check_limits(program, limits or {}, title or name)
    digest = hashlib.sha256(tflite).hexdigest()[:16]
    who = Identity(name, digest, data_hash, labels, sections, notes)
    first, check, proof = _checked(tflite, program, who, title or name)
    who = replace(who, proof=str(proof))
    out_dir = Path(out_dir)
    path = out_dir / f"{name}_model.h"
    replace_file(path, header(program, who, first, check).encode())
    replace_file(out_dir / "library.json", _library(name).encode())
    return Compiled(path, program, digest, check, proof)


def _check_limits(program: Program, limits: Mapping[str, int | None], name: str) -> None:
    """Refuses what cannot fit even before any code is counted."""
    needs = {
        "flash": sum(layer.lowered.flash for layer in program.layers),
        "RAM": program.ram,
    }
    for memory, limit in limits.items():
        if limit is not None and needs[memory] > limit:
            raise UserError(
                f"{name}: expected at most {limit:,} B of {memory}, found {needs[memory]:,} B for the model alone; "
                f"make the model smaller or take a larger board"
            )


def _checked(tflite: bytes, program: Program, who: Identity, name: str) -> tuple[int, int, Proof]:
    """Compiles the header for this computer: the CRC-32 after one inference and for a full window, the same number
    unless the model is in streaming form, and what the layers were compared with."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / f"{who.name}_model.h"
        path.write_text(header(program, who, 0))
        host = HostModel(path)
        first = host.fixed_crc()
        check = host.stream_crc() if program.stream else first
        return first, check, prove(tflite, program, host, name)


def _library(name: str) -> str:
    """The manifest that makes the folder a PlatformIO library."""
    manifest = {
        "name": f"{name}_model",
        "version": "0.1.0",
        "description": "A compiled model: written by `python -m ml compile`",
        "build": {"includeDir": ".", "srcDir": "."},
        "dependencies": {"nn": "*"},
    }
    return json.dumps(manifest, indent=2) + "\n"
