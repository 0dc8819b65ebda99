"""`python -m ml operators [--write]`: the table of supported operators, from the code that supports them."""

from __future__ import annotations

import textwrap

import click

from ml.compiler.operators import FAMILIES, KERNELS
from ml.compiler.operators.base import INT16, UINT8
from ml.compiler.passes.fold import FOLDS
from ml.compiler.passes.views import SAME_BYTES
from ml.compiler.tflm_operators import TFLM_OPERATORS
from ml.paths import ROOT

PAGE = ROOT / "docs" / "operators.md"

_HEAD = """<!-- Written by `python -m ml operators --write` from ml/compiler/operators: change it there. -->
# Operators

`python -m ml compile` turns these operators into C. The bytes equal those of TensorFlow Lite Micro's reference kernels.
Each tensor has one scale and zero point unless the table says otherwise; weights may have one scale per output channel.
A model may have several inputs and outputs. The compiler refuses what is not here before it writes a file, and names
the tensor.

| operator | activations | what is supported | kernels |
|---|---|---|---|
"""

_TAIL = """
The compiler removes these operators, so they cost no time:

- {views}: the output is the input's memory under another shape.
{folds}
- QUANTIZE at the input and DEQUANTIZE at the output of a model with float32 ends: the compiled model takes and gives
  the integers between them, and the header states their scale and zero point.
- CALL_ONCE, VAR_HANDLE, and nearly every READ_VARIABLE and ASSIGN_VARIABLE: a variable becomes state
  ([compiler.md](compiler.md)).
- PAD before a VALID convolution, RELU and RELU6 behind an operator that can clamp: that operator does their work.
"""


_COVERAGE = """
## Coverage of TensorFlow Lite Micro

Of the {all} built-in operators that TensorFlow Lite Micro can register, {made} become layers on integers ({wide} of
them on int16 too), {removed} more are removed as above, and {left} are refused by name:

{names}

Some of these TFLM has on floating point or bool only. Operators above that TFLM has not, or not on integers: {beyond}.
"""
NOT_IN_TFLM = ("EXP",)  # there in floating point only
REMOVED = ("CALL_ONCE", "VAR_HANDLE", "DEQUANTIZE", "SHAPE")


def coverage() -> dict[str, list[str]]:
    """TFLM's operators by what becomes of them: `layers`, `wide` (of these, on int16 too), `removed`, `left`; and
    `beyond`, what the compiler has besides."""
    forms = {kind for kind, family in FAMILIES.items() if family.types}
    layers = {kind.removesuffix(INT16).removesuffix(UINT8) for kind in forms}
    removed = {*SAME_BYTES, *FOLDS, *REMOVED} - layers
    return {
        "layers": sorted(layers & TFLM_OPERATORS),
        "wide": sorted(kind for kind in layers & TFLM_OPERATORS if kind + INT16 in forms),
        "removed": sorted(removed & TFLM_OPERATORS),
        "left": sorted(TFLM_OPERATORS - layers - removed),
        "beyond": sorted({*(layers - TFLM_OPERATORS), *NOT_IN_TFLM}),
    }


def _coverage() -> str:
    found = coverage()
    names = textwrap.fill(", ".join(found["left"]) + ".", 120)
    text = _COVERAGE.format(
        all=len(TFLM_OPERATORS), made=len(found["layers"]), wide=len(found["wide"]), removed=len(found["removed"]),
        left=len(found["left"]), names=names, beyond=", ".join(found["beyond"]),
    )  # fmt: skip
    lines = text.split("\n")
    return "\n".join(textwrap.fill(line, 120) if len(line) > 120 else line for line in lines)


def page() -> str:
    """docs/operators.md as it should be."""
    rows = "".join(_row(kind) for kind in sorted(FAMILIES) if FAMILIES[kind].types)
    folded = ", ".join(sorted((*FOLDS, "SHAPE")))
    folds = f"- {folded}, on constants and shapes: the compiler computes them (Keras' Flatten is made of these)."
    tail = _TAIL.format(views=", ".join(SAME_BYTES), folds=textwrap.fill(folds, 120, subsequent_indent="  "))
    return _HEAD + rows + tail + _coverage()


def _row(kind: str) -> str:
    family = FAMILIES[kind]
    kernels = ", ".join(f"`{name}`" for name in dict.fromkeys(function for function, _ in KERNELS[kind]))
    return f"| {kind.removesuffix(INT16).removesuffix(UINT8)} | {family.types} | {family.limits} | {kernels} |\n"


@click.command()
@click.option("--write", is_flag=True, help="Write docs/operators.md instead of printing.")
def operators(write: bool) -> None:
    """List the operators that the compiler supports."""
    if write:
        PAGE.write_text(page())
        click.echo(f"wrote {PAGE.relative_to(ROOT)}")
    else:
        click.echo(page(), nl=False)
