"""Writes an image: the layout of lib/image/src/format.h."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ml.errors import UserError
from ml.files import replace_file
from ml.image import registry
from ml.image.objects import STRINGS, Constant, Objects, Target, compile_objects
from ml.image.source import Source, read_header

MAGIC, VERSION = b"TMBI", 1
DATA, PARAMS, ARENA, STATE, SYMBOL = range(1, 6)  # regions of a place; 0 is a number
OFFSETS = 29  # bits of a place below its region
OPERANDS = 6
HEAD = struct.Struct("<4sHBxIIIIIII16I")
MODEL = "PPPPPIIPIHHPPPPIfhfh"  # nn_model; P is a pointer
INPUT_SIZE, ARENA_SIZE, LAYERS, CLASSES, CHECK = 5, 8, 9, 10, 15


@dataclass(frozen=True)
class Packed:
    """An image and what it asks of a firmware, in bytes."""

    name: str
    data: bytes
    pointer: int  # bytes of a pointer: 4 for boards
    arena: int
    state: int
    window: int
    params: int  # RAM for what is relocated
    pointers: int  # how many are relocated
    layers: int
    classes: int
    check: int  # CRC-32 of the output for nn_fixed_input
    kernels: tuple[registry.Kernel, ...]
    settings: tuple[str, ...]
    symbols: tuple[str, ...]  # what settings point to and only a firmware has, such as fft_512

    def write(self, path: Path) -> None:
        """The whole file or none."""
        replace_file(path, self.data)


def pack(header: Path, host: bool = False) -> Packed:
    """The image of a generated header: for boards with 32-bit pointers, or for firmware that runs on this computer."""
    source = read_header(header)
    objects = compile_objects(_program(source), header.parent, host)
    return _Packer(source, objects).packed()


def _program(source: Source) -> str:
    """C that refers to all that belongs into the image."""
    rows = []
    for call in source.calls:
        cells = [
            f"(const void *)(uintptr_t)({text})" if kind == "N" else f"(const void *)({text})"
            for kind, text in zip(call.kernel.operands, call.operands, strict=True)
        ]
        rows.append("{" + ", ".join(cells) + "},")
    streams = f"&{source.name}_stream" if source.streams else "0"
    roots = ", ".join((f"&{source.name}_model", streams, *(f"&{variable}" for _, variable in source.settings)))
    calls = "\n".join(rows) or "{0}"
    return (
        f'#include "{source.path.resolve().as_posix()}"\n'
        f"const void *const image_roots[] = {{{roots}}};\n"
        f"const void *const image_calls[][{OPERANDS}] = {{\n{calls}\n}};\n"
    )


def _aligned(size: int, align: int) -> int:
    return (size + align - 1) // align * align


@dataclass
class _Packer:
    source: Source
    objects: Objects
    data: bytearray = field(default_factory=bytearray)
    params: bytearray = field(default_factory=bytearray)
    pointers: list[int] = field(default_factory=list)
    places: dict[str | bytes, int] = field(default_factory=dict)  # of sections and texts that are in already
    symbols: set[str] = field(default_factory=set)

    def packed(self) -> Packed:
        roots, calls = (self._variable(name) for name in ("image_roots", "image_calls"))
        places, states = self._laid_states()
        model, stream, *settings = (self._root(roots, number) for number in range(2 + len(self.source.settings)))
        kernels = sorted({call.kernel for call in self.source.calls}, key=lambda kernel: kernel.id)
        pointer = self.objects.pointer
        values = self._model_values(model)
        sections = [
            *self._calls(calls, kernels, values[LAYERS]),
            (b"".join(struct.pack("<IIIi", place, one.count, one.width, one.value)
                      for place, one in zip(places, self.source.states, strict=True)), len(places)),
            (b"".join(struct.pack("<HHI", kind.id, kind.version, place)
                      for (kind, _), place in zip(self.source.settings, settings, strict=True)), len(settings)),
            (struct.pack(f"<{len(self.pointers)}I", *sorted(self.pointers)), len(self.pointers)),
            (bytes(self.params), len(self.params)),
            (bytes(self.data), len(self.data)),
        ]  # fmt: skip
        window = values[INPUT_SIZE]
        image = _joined(sections, pointer, (values[ARENA_SIZE], states, window, model, stream))
        return Packed(
            self.source.name, image, pointer, values[ARENA_SIZE], states, window, len(self.params),
            len(self.pointers), values[LAYERS], values[CLASSES], values[CHECK], tuple(kernels),
            tuple(kind.type for kind, _ in self.source.settings), tuple(sorted(self.symbols)),
        )  # fmt: skip

    def _variable(self, name: str) -> Constant:
        found = self.objects.variable(name)
        if found is None:
            raise UserError(f"{self.source.path}: expected {name} in the object file, found none; compile it again")
        return found

    def _laid_states(self) -> tuple[list[int], int]:
        """The places of the states, as the C compiler lays out their struct, and the bytes of all."""
        places, used = [], 0
        for state in self.source.states:
            used = _aligned(used, state.align)
            places.append(_place(STATE, used))
            used += state.width * state.count
        return places, used

    def _root(self, roots: Constant, number: int) -> int:
        target = roots.pointers.get(number * self.objects.pointer)
        return self._reach(target) if target else 0

    def _reach(self, target: Target) -> int:
        """The place of what a pointer leads to; 0 for functions, which a firmware fills in."""
        if target.section is None:
            if target.symbol not in registry.symbols():
                raise UserError(f"{self.source.path}: expected constants, found a pointer to {target.symbol}")
            self.symbols.add(target.symbol)
            return _place(SYMBOL, registry.symbols()[target.symbol])
        if target.section.startswith(".text"):
            return 0
        variable = target.section.partition(".bss.")[2]
        if variable == f"{self.source.name}_arena":
            return _place(ARENA, target.offset)
        if variable:  # the struct of states
            return _place(STATE, target.offset)
        if STRINGS.fullmatch(target.section):
            return self._text(self.objects.text(target))
        return self._constant(self.objects.sections[target.section]) + target.offset

    def _text(self, text: bytes) -> int:
        if text not in self.places:
            self.places[text] = _place(DATA, len(self.data))
            self.data += text
        return self.places[text]

    def _constant(self, section: Constant) -> int:
        if section.name not in self.places:
            store, region = (self.params, PARAMS) if section.pointers else (self.data, DATA)
            align = self.objects.pointer if section.pointers else min(max(section.align, 4), 8)
            store += bytes(_aligned(len(store), align) - len(store))
            start = len(store)
            store += section.data
            self.places[section.name] = _place(region, start)
            for at, target in sorted(section.pointers.items()):
                self._point(start + at, self._reach(target))
        return self.places[section.name]

    def _point(self, at: int, place: int) -> None:
        pointer = self.objects.pointer
        self.params[at : at + pointer] = place.to_bytes(pointer, "little")
        if place:
            self.pointers.append(at)

    def _model_values(self, place: int) -> tuple:
        kinds = MODEL.replace("P", {4: "I", 8: "Q"}[self.objects.pointer])
        return struct.unpack_from(f"@{kinds}", self.params, place & ((1 << OFFSETS) - 1))

    def _calls(self, rows: Constant, kernels: Sequence[registry.Kernel], layers: int) -> list[tuple[bytes, int]]:
        """The sections of kernels, calls and first calls."""
        width = OPERANDS * self.objects.pointer
        entries = []
        for number, call in enumerate(self.source.calls):
            operands = [
                self._operand(rows, number * width + i * self.objects.pointer) for i in range(len(call.operands))
            ]
            operands += [0] * (OPERANDS - len(operands))
            entries.append(struct.pack(f"<{1 + OPERANDS}I", kernels.index(call.kernel), *operands))
        first = [sum(call.layer < layer for call in self.source.calls) for layer in range(layers + 1)]
        return [
            (b"".join(struct.pack("<HH", kernel.id, kernel.version) for kernel in kernels), len(kernels)),
            (b"".join(entries), len(entries)),
            (struct.pack(f"<{len(first)}H", *first), len(first)),
        ]

    def _operand(self, rows: Constant, at: int) -> int:
        """A place, or the low bits of a number."""
        if at in rows.pointers:
            return self._reach(rows.pointers[at])
        number = int.from_bytes(rows.data[at : at + self.objects.pointer], "little", signed=True)
        if not -(1 << 7) <= number < 1 << OFFSETS:
            raise UserError(f"{self.source.path}: expected numbers of {OFFSETS} bits in a call, found {number}")
        return number & ((1 << OFFSETS) - 1)


def _place(region: int, offset: int) -> int:
    return region << OFFSETS | offset


def _joined(sections: Sequence[tuple[bytes, int]], pointer: int, needs: tuple[int, ...]) -> bytes:
    """Head and sections, each at a multiple of 8; the checksum covers all behind it."""
    body, table = bytearray(), []
    for content, count in sections:
        body += bytes(_aligned(HEAD.size + len(body), 8) - HEAD.size - len(body))
        table += [HEAD.size + len(body), count]
        body += content
    size = HEAD.size + len(body)
    image = HEAD.pack(MAGIC, VERSION, pointer, size, 0, *needs, *table) + body
    checksum = zlib.crc32(image[16:])
    return image[:12] + struct.pack("<I", checksum) + image[16:]
