"""PyTorch models: an ExportedProgram (`.pt2`) through litert-torch, TorchScript (`.pt`) through ONNX.

Neither runs Python code of the file. A pickled module (torch.save) would, and is refused.
"""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import numpy as np

from ml.convert.float_models import quantised
from ml.convert.onnx_models import onnx_model
from ml.convert.original import Original, need, refused
from ml.errors import UserError
from ml.train.keras import quiet


def exported_program(path: Path, scratch: Path) -> Original:
    """What torch.export.save wrote."""
    for package in ("torch", "litert_torch", "litert_quantizer"):
        need(package, "import-torch", ".pt2")
    import torch  # noqa: PLC0415 # pyright: ignore[reportMissingImports]

    try:
        module = torch.export.load(path).module()
    except Exception as error:  # zip, pickle and torch have their own, of no common type
        raise refused(path.name, "PyTorch", error) from None

    def converted(examples: np.ndarray, bits: int) -> bytes:
        floats = Path(tempfile.mkdtemp(dir=scratch)) / f"{path.stem}.tflite"
        try:
            with quiet(show=False):
                import litert_torch  # noqa: PLC0415 # pyright: ignore[reportMissingImports]

                whole = _Called(module)
                last = litert_torch.to_channel_last_io(whole, args=[0]) if examples.ndim > 2 else whole
                litert_torch.convert(last, (torch.from_numpy(examples[:1].copy()),)).export(str(floats))
        except Exception as error:
            raise refused(path.name, "PyTorch", error) from None
        return quantised(floats, examples, bits)

    class _Called(torch.nn.Module):
        """An exported graph cannot be wrapped itself."""

        def __init__(self, inner) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner(x)

    return Original("PyTorch", _answers(path, module, torch), converted, channels_first=True)


def torch_script(path: Path, scratch: Path, shape: tuple[int, ...]) -> Original:
    """What torch.jit.save wrote; `shape` is that of an example."""
    for package in ("torch", "onnx2tf"):
        need(package, "import-torch" if package == "torch" else "import", ".pt")
    import torch  # noqa: PLC0415 # pyright: ignore[reportMissingImports]

    try:
        module = torch.jit.load(path).eval()
    except (RuntimeError, ValueError):
        raise UserError(
            f"{path.name}: expected TorchScript (torch.jit.save), found another file; write an ExportedProgram with "
            "torch.export.save(torch.export.export(model, (example,)), 'model.pt2')"
        ) from None
    onnx = scratch / f"{path.stem}.onnx"
    try:
        with quiet(show=False):
            torch.onnx.export(module, (torch.zeros((1, *shape)),), str(onnx), dynamo=False, opset_version=17)
    except Exception as error:
        raise refused(path.name, "PyTorch", error) from None
    return dataclasses.replace(onnx_model(onnx, scratch), framework="PyTorch", answers=_answers(path, module, torch))


def _answers(path: Path, module, torch):
    def answers(examples: np.ndarray) -> np.ndarray:
        try:
            with torch.no_grad():
                return np.concatenate([module(torch.from_numpy(one[None].copy())).numpy() for one in examples])
        except (RuntimeError, TypeError, AttributeError, AssertionError) as error:
            raise refused(path.name, "PyTorch, for these examples,", error) from None

    return answers
