"""Loads a model from its generated header alone, so that the shipped model can be judged."""

import ctypes
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ml.compiler.host import NN, HostModel
from ml.data.manifest import Dataset
from ml.errors import UserError
from ml.native.build import archive, load
from ml.native.decide import DecideConfig, from_c
from ml.pipeline.contract import App

_DECISION = """#include "{header}"
const decide_config *compiled_decide(void) {{ return &{name}_decide; }}
"""


@dataclass(frozen=True)
class Committed:
    """An application with the model and the decision of a header."""

    app: App
    model: HostModel
    config: DecideConfig
    header: Path

    @property
    def data_hash(self) -> str:
        """First 16 digits of the training data's; "" where the header does not say."""
        return self.model.model.data_hash.decode()

    def labels(self, data: Dataset) -> list[str]:
        """The model's classes; those of the data where its outputs are no scores of classes."""
        model = self.model.model
        named = self.app.outputs_are_scores and bool(model.label)
        return [model.label[i].decode() for i in range(model.classes)] if named else self.app.labels(data)


def committed(app: App, folder: Path) -> Committed:
    """From `<app>_model.h` in a folder."""
    header = folder / f"{app.name}_model.h"
    if not header.is_file():
        raise UserError(f"{header}: expected a generated header, found none; make it with: python -m ml run {app.name}")
    return Committed(app.of_header(header), HostModel(header), decision_of(header, app.name), header)


def decision_of(header: Path, name: str) -> DecideConfig:
    """The decision that a header sets, as the compiler understands it."""
    if f" {name}_decide " not in header.read_text():
        raise UserError(f"{header}: expected {name}_decide in it, found none; compile it: python -m ml compile {name}")
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "decision.c"
        source.write_text(_DECISION.format(header=header.resolve().as_posix(), name=name))
        kernels = archive("nn", sorted(NN.rglob("*.c")))
        library = load(f"{name}_decision", [source, kernels], folder=Path(scratch))
    library.compiled_decide.restype = ctypes.c_void_p
    return from_c(library.compiled_decide())
