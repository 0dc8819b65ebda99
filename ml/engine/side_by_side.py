"""The compiled header and TensorFlow Lite Micro on the same emulated Cortex-M4, side by side."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from ml.compiler.model_file import c_name, read_model
from ml.engine import checkout, image
from ml.engine.write import of_file
from ml.errors import UserError
from ml.profile.image import Image
from ml.profile.machine import Count
from ml.profile.measure import Profile, whole


@dataclass(frozen=True)
class Measured:
    kernels: str  # "CMSIS-NN" or "reference kernels"
    image: Image
    total: Count  # one inference
    agrees: bool  # its output has the check CRC


Other = Measured | str  # or why there is none


def measure(model: Path, made: Profile) -> Other:
    """TensorFlow Lite Micro of the user's checkout; where there is none, the line that says so."""
    try:
        source = checkout.find()
    except UserError as error:
        return str(error)
    name = c_name(model)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        of_file(model, read_model(model), name, folder / "model")
        built = image.build(folder / "model", name, source, folder / "image")
        total, agrees = whole(built.path)
    return Measured(source.kernels, built, total, agrees)


def figures(other: Other) -> dict:
    """Sizes in bytes; cycles are an estimate."""
    if isinstance(other, str):
        return {"missing": other}
    return {
        "kernels": other.kernels,
        "agrees": other.agrees,
        "instructions": other.total.instructions,
        "estimated_cycles": other.total.cycles,
        "flash_bytes": other.image.flash,
        "ram_bytes": other.image.ram,
    }


def table(made: Profile, other: Other, hertz: int) -> Table | str:
    if isinstance(other, str):
        return ""
    rows = Table(title="side by side, on the emulated Cortex-M4F", title_justify="left")
    rows.add_column("engine")
    for heading in ("flash B", "RAM B", "instructions", "cycles ~", "ms ~"):
        rows.add_column(heading, justify="right", no_wrap=True)
    for name, one, count in (
        ("compiled header", made.image, made.total),
        (f"TensorFlow Lite Micro, {other.kernels}", other.image, other.total),
    ):
        ms = count.cycles / hertz * 1e3
        rows.add_row(
            name, f"{one.flash:,}", f"{one.ram:,}", f"{count.instructions:,}", f"{count.cycles:,}", f"{ms:.2f}"
        )
    return rows


def summary(other: Other) -> str:
    if isinstance(other, str):
        return f"TensorFlow Lite Micro was not measured: {other}"
    state = "the same output" if other.agrees else "ANOTHER OUTPUT, or it did not start: its arena may be too small"
    return (
        f"TensorFlow Lite Micro: {state}; core compiled -Os, kernels -O2, for a release (no messages); RAM without "
        "stack, flash with start-up code"
    )
