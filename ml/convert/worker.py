"""Opens and converts a model in a process of its own: frameworks trust files, print much, and some die of what they
cannot convert.

made = run(Path("net.onnx"), chosen, spare, bits=8)      # UserError in one line, whatever the framework does
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.convert import float_models, onnx_models, tensorflow_models, torch_models
from ml.convert.original import Original, layout
from ml.errors import UserError
from ml.files import write_json
from ml.paths import ROOT

KINDS = ".keras, .h5, a SavedModel's folder, .onnx, .pt2, .pt, or a .tflite of floats"


@dataclass(frozen=True)
class Made:
    tflite: bytes
    expected: np.ndarray  # float32 [n, ...]: the original's answers to the spare examples
    framework: str
    channels_first: bool  # of the original, where the `.tflite` takes channels last


def run(model: Path, chosen: np.ndarray, spare: np.ndarray, bits: int) -> Made:
    """`chosen` examples set the ranges; both float32 [n, ...] as the model takes them."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        np.savez(folder / "examples.npz", chosen=chosen, spare=spare)
        words = [str(model.resolve()), str(bits), scratch]
        command = [sys.executable, "-m", "ml.convert.worker", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        told = json.loads((folder / "told.json").read_text()) if (folder / "told.json").is_file() else {}
        if "error" in told:
            raise UserError(told["error"])
        if done.returncode or not told:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1][:200]
            raise UserError(
                f"{model.name}: expected a model that its converter takes, found that the converter ended with status "
                f"{done.returncode}: {last}"
            )
        return Made((folder / "made.tflite").read_bytes(), np.load(folder / "expected.npy"), **told)


def main(model: Path, bits: int, folder: Path) -> None:
    """The other end of `run`."""
    kept = np.load(folder / "examples.npz")
    try:
        original = _open(model, kept["chosen"].shape[1:], folder)
        np.save(folder / "expected.npy", original.answers(kept["spare"]))
        (folder / "made.tflite").write_bytes(original.converted(layout(original, kept["chosen"]), bits))
    except UserError as error:
        write_json(folder / "told.json", {"error": str(error)})
        return
    told = {"framework": original.framework, "channels_first": original.channels_first}
    write_json(folder / "told.json", told)


def _open(path: Path, shape: tuple[int, ...], scratch: Path) -> Original:
    if path.is_dir():
        return tensorflow_models.saved_model(path)
    openers = {
        ".keras": tensorflow_models.keras_model,
        ".h5": tensorflow_models.keras_model,
        ".onnx": lambda file: onnx_models.onnx_model(file, scratch),
        ".pt2": lambda file: torch_models.exported_program(file, scratch),
        ".pt": lambda file: torch_models.torch_script(file, scratch, shape),
        ".tflite": float_models.float_model,
    }
    return openers[path.suffix](path)


SUFFIXES = (".keras", ".h5", ".onnx", ".pt2", ".pt", ".tflite")


def check_kind(path: Path) -> None:
    """By the name alone."""
    if path.is_dir() and not (path / "saved_model.pb").is_file():
        raise UserError(f"{path}: expected {KINDS}, found a folder without saved_model.pb")
    if path.is_file() and path.suffix not in SUFFIXES:
        raise UserError(f"{path}: expected {KINDS}, found a {path.suffix or 'file without a suffix'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
