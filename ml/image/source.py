"""Reads a generated header: the calls of each layer, what a reset writes, and the settings beside the model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ml.errors import UserError
from ml.image import registry

WIDTHS = {"int8_t": 1, "uint8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4}


@dataclass(frozen=True)
class Call:
    """A call of a kernel; its operands are C text."""

    layer: int
    kernel: registry.Kernel
    operands: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """A part of what outlives an inference: an array in the struct `<name>_state`."""

    width: int  # bytes of an element
    count: int
    value: int  # after a reset
    align: int = 4  # NN_ALIGNED


@dataclass(frozen=True)
class Source:
    """What `pack` must know of a header beside its constants."""

    path: Path
    name: str
    calls: tuple[Call, ...]
    states: tuple[State, ...]
    settings: tuple[tuple[registry.Settings, str], ...]  # and the variable
    streams: bool


def read_header(path: Path) -> Source:
    """From a header of `python -m ml compile`; UserError for other files."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: expected a generated header, found {error}; check the path") from error
    found = re.search(r"^static const nn_model (\w+)_model = ", text, re.MULTILINE)
    if not found:
        raise UserError(f"{path}: expected a compiled model, found no nn_model in it; compile it again")
    name = found[1]
    settings = re.findall(r"^static const (\w+) (\w+) = \{", text, re.MULTILINE)
    known = [(registry.settings()[kind], variable) for kind, variable in settings if kind in registry.settings()]
    kinds = [kind.type for kind, _ in known]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if twice:
        raise UserError(f"{path}: expected one {twice}, found several; an image tells settings apart by their type")
    streams = f"static const nn_stream {name}_stream = " in text
    return Source(path, name, _calls(path, name, text), _states(path, name, text), tuple(known), streams)


def _calls(path: Path, name: str, text: str) -> tuple[Call, ...]:
    body = re.search(rf"^static void {name}_step\(uint16_t layer\) \{{\n(.*?)^\}}", text, re.MULTILINE | re.DOTALL)
    calls = []
    for layer, statements in re.findall(r"    case (\d+):\n(.*?)        break;", body[1] if body else "", re.DOTALL):
        for function, operands in re.findall(r"^        (\w+)\((.*)\);$", statements, re.MULTILINE):
            kernel = registry.kernels().get(function)
            parts = _operands(re.sub(r"\barena\b", f"{name}_arena", operands))
            if kernel is None or len(kernel.operands) != len(parts):
                raise UserError(
                    f"{path}: expected kernels of lib/image's kernels.h, found {function} with {len(parts)} operands; "
                    "give it a row there"
                )
            calls.append(Call(int(layer), kernel, parts))
    return tuple(calls)


def _operands(text: str) -> tuple[str, ...]:
    """Separated by the commas that are in no brackets."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return (*parts, text[start:].strip())


def _states(path: Path, name: str, text: str) -> tuple[State, ...]:
    declared = re.findall(r"^    (\w+) (part_\d+)\[", text, re.MULTILINE)
    kinds = {part: kind for kind, part in declared}
    written = re.findall(rf"i < (\d+)u; i\+\+\) {name}_state\.(part_\d+)\[i\] = (-?\d+);", text)
    states = [State(WIDTHS[kinds[part]], int(count), int(value)) for count, part, value in written]
    if missed := sorted(set(kinds) - {part for _, part, _ in written}):
        raise UserError(
            f"{path}: expected a state of one value after a reset, found {missed[0]} with several; an image "
            "cannot hold that: build the header into the firmware"
        )
    if f"    {name}_state.steps = 0;\n" in text:
        states.append(State(2, 1, 0, align=2))
    return tuple(states)
