"""Writes constants that several layers share only once."""

from __future__ import annotations

import re
from dataclasses import replace

from ml.compiler.operators import Lowered
from ml.compiler.operators.base import Array


def share_arrays(layers: list) -> None:
    """Drops every array that an earlier layer has byte for byte; what names it then names the earlier one, with
    `{model}` for the model's prefix."""
    seen: dict[tuple, str] = {}
    for layer in layers:
        for array in list(layer.lowered.arrays):
            first = seen.setdefault(_content(array), f"{{model}}_{layer.label}_{array.name}")
            own = f"{{model}}_{layer.label}_{array.name}"
            if first != own:
                _refer(layer.lowered, array, first)
                layer.lowered.parameters = max(layer.lowered.parameters - array.data.nbytes, 0)


def _content(array: Array) -> tuple:
    return array.data.dtype.name, array.data.shape, array.data.tobytes()


def _refer(lowered: Lowered, array: Array, first: str) -> None:
    lowered.arrays = [other for other in lowered.arrays if other is not array]
    own = re.compile(r"\{name\}_" + re.escape(array.name) + r"\b")
    lowered.calls = [own.sub(first, call) for call in lowered.calls]
    if lowered.struct:
        rows = tuple((own.sub(first, text), note) for text, note in lowered.struct.rows)
        lowered.struct = replace(lowered.struct, rows=rows)
