"""ONNX models, through onnx2tf, which writes a SavedModel that takes channels last."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from pathlib import Path

import numpy as np

from ml.convert.original import Original, need, refused, single
from ml.convert.tensorflow_models import saved_model
from ml.train.keras import quiet, tensorflow

# onnx2tf fetches pictures under this name, from a server, to try the network with. Ours are zeros, and stay here.
PICTURES = "calibration_image_sample_data_20x128x128x3_float32.npy"


def onnx_model(path: Path, scratch: Path) -> Original:
    for package in ("onnx2tf", "onnxruntime"):
        need(package, "import", ".onnx")
    import onnxruntime  # noqa: PLC0415 # pyright: ignore[reportMissingImports]

    try:
        session = onnxruntime.InferenceSession(str(path))
    except Exception as error:  # onnxruntime's own are of no public type
        raise refused(path.name, "ONNX", error) from None
    single(path.name, "input", len(session.get_inputs()))
    single(path.name, "output", len(session.get_outputs()))
    given = session.get_inputs()[0].name

    def answers(examples: np.ndarray) -> np.ndarray:
        try:
            return np.concatenate([session.run(None, {given: one[None]})[0] for one in examples])
        except Exception as error:
            raise refused(path.name, "ONNX, for these examples,", error) from None

    converted = saved_model(_as_saved_model(path, scratch), "ONNX")
    return dataclasses.replace(converted, answers=answers, channels_first=True)


def _as_saved_model(path: Path, scratch: Path) -> Path:
    """The folder of the SavedModel."""
    tensorflow()
    folder = Path(tempfile.mkdtemp(dir=scratch)) / path.stem
    source = path.resolve()
    np.save(scratch / PICTURES, np.zeros((20, 128, 128, 3), np.float32))
    try:
        with contextlib.chdir(scratch), quiet(show=False):
            import onnx2tf  # noqa: PLC0415 # pyright: ignore[reportMissingImports]

            onnx2tf.convert(
                input_onnx_file_path=str(source),
                output_folder_path=str(folder),
                non_verbose=True,
                not_use_onnxsim=True,
            )
    except (Exception, SystemExit) as error:  # it ends the program where it has no converter
        raise refused(path.name, "ONNX", _told(error)) from None
    return folder


def _told(error: BaseException) -> BaseException:
    """onnx2tf says what it lacks, and then exits with a number."""
    while isinstance(error, SystemExit) and error.__context__ is not None:
        error = error.__context__
    return error
