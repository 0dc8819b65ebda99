#!/usr/bin/env python3
"""The five MLPerf Tiny models against TensorFlow Lite Micro with CMSIS-NN: `tools/studies/bench.py [--models DIR]`.

Ours is measured afresh: compiled, built for a Cortex-M4F, run on the emulated one (ml/profile). Writes
docs/benchmarks.md, a section for each width of numbers (SECTIONS). The peers' figures are constants, see SOURCE.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compiler.reader import read
from ml.errors import UserError
from ml.files import replace_file
from ml.paths import ROOT
from ml.profile.measure import Profile, profile
from tools.studies import bench_bits

MODELS = ROOT / "datasets" / "fetched" / "mlperf_tiny"
PAGE = ROOT / "docs" / "benchmarks.md"
BASELINE = 1556  # flash of TFLM's image without TFLM and model: start-up, newlib, printing

SOURCE = """\
TFLM is tflite-micro 90b983c with the CMSIS-NN that it pins (4ab83cc). arm-none-eabi-gcc 12.2.1 built it for Cortex-M4F
with its release defines (kernels -O2), one bare-metal image per model. Both sides run on the same input. Instructions
are exact. Cycles of both sides are estimates by one method: the table of the Cortex-M4 technical reference manual
(r0p1, 3.3) gives the cost of every basic block that ran on an emulated Cortex-M4, without wait states; a refilled
pipeline counts as two cycles. Neither side was measured on silicon. RAM is the arena with `.data` and `.bss`, without
stack. Flash "besides" is everything in the image except the weights and biases, as the `.tflite` states them: code,
multipliers, structs. Our image leaves out channels that are constant (half of vww), and does not count their weights
either. TFLM's flash is that of its int8-only registration, without the start-up and printing code of its image
(1,556 B); our flash includes the start-up code.\
"""


@dataclass(frozen=True)
class Peer:
    """TFLM with CMSIS-NN, and what we ask of ourselves as a share of it."""

    file: str
    crc: int
    cycles: int
    ram: int
    flash: int  # whole image
    cycles_share: float
    ram_share: float
    flash_share: float = 0.25


PEERS = {
    "kws": Peer("kws_ref_model.tflite", 0x1A578907, 9_306_748, 22_820 + 548, 107_740, 0.50, 0.55),
    "vww": Peer("vww_96_int8.tflite", 0x455CEA13, 29_516_430, 100_708 + 548, 387_100, 0.50, 0.55),
    "ic": Peer("pretrainedResnet_quant.tflite", 0xEF5C90CC, 36_800_056, 54_996 + 548, 150_104, 0.55, 0.66),
    "sww": Peer("str_ww_ref_model.tflite", 0xE54D3674, 2_726_368, 16_596 + 512, 125_796, 0.50, 0.60),
    "ad": Peer("ad01_int8.tflite", 0xD7F6E66A, 743_330, 2_580 + 264, 305_412, 0.65, 0.70),
}


@dataclass(frozen=True)
class Row:
    name: str
    peer: Peer
    made: Profile
    parameters: int  # bytes of weights and biases in the .tflite

    @property
    def flash(self) -> tuple[int, int]:
        """Besides the parameters: ours, TFLM's."""
        ours = self.made.image.flash - remaining_parameters(self.made)
        return ours, self.peer.flash - BASELINE - self.parameters

    def shares(self) -> dict[str, tuple[float, float]]:
        """Ours over TFLM's and what was asked, by quantity."""
        ours, theirs = self.flash
        return {
            "cycles": (self.made.total.cycles / self.peer.cycles, self.peer.cycles_share),
            "RAM": (self.made.image.ram / self.peer.ram, self.peer.ram_share),
            "flash": (ours / theirs, self.peer.flash_share),
        }


def remaining_parameters(made: Profile) -> int:
    """Bytes of weights and biases of the layers as they run; strips of a layer share theirs."""
    shared = {(layer.op.index, layer.op.kind): layer.lowered.parameters for layer in made.compiled.program.layers}
    return sum(shared.values())


def measure(name: str, folder: Path) -> Row:
    peer = PEERS[name]
    path = folder / peer.file
    if not path.is_file():
        raise UserError(
            f"expected {path}, found none; take the five models from github.com/mlcommons/tiny (benchmark/training, "
            f"trained_models) and name their folder: --models DIR"
        )
    data = path.read_bytes()
    made = profile(data, name, title=path.name)
    if made.compiled.check != peer.crc or not made.agrees:
        raise UserError(f"{name}: the output is not TFLM's (CRC-32 {peer.crc:08x}); this is a bug, please report it")
    weights = {id(t): t.size for op in read(data, path.name).ops for t in op.inputs if t is not None and _learned(t)}
    return Row(name, peer, made, sum(weights.values()))


def _learned(tensor) -> bool:
    """Weights and biases; the shape of a RESHAPE has no scale."""
    return tensor.data is not None and tensor.dtype in ("int8", "int32") and len(tensor.scales) > 0


def table(rows: list[Row]) -> str:
    """Markdown."""
    lines = [
        "| model | instructions | cycles ~ | TFLM's | ours / TFLM's | RAM | TFLM's | ours / TFLM's "
        "| flash besides | TFLM's | ours / TFLM's |",
        "|---|" + "---:|" * 10,
    ]
    for row in rows:
        share = {key: f"{ours:.2f} (at most {asked:.2f})" for key, (ours, asked) in row.shares().items()}
        ours, theirs = row.flash
        made = row.made
        lines.append(
            f"| {row.name} | {made.total.instructions:,} | {made.total.cycles:,} | {row.peer.cycles:,} "
            f"| {share['cycles']} | {made.image.ram:,} | {row.peer.ram:,} | {share['RAM']} | {ours:,} | {theirs:,} "
            f"| {share['flash']} |"
        )
    return "\n".join(lines)


def kinds(rows: list[Row]) -> str:
    """MACs a cycle by kernel, over all models."""
    seen: dict[str, list[int]] = {}
    for row in rows:
        for layer in row.made.layers:
            total = seen.setdefault(layer.kernel, [0, 0])
            total[0] += layer.macs
            total[1] += layer.count.cycles
    lines = ["| kernel | MACs | cycles ~ | MACs a cycle |", "|---|---:|---:|---:|"]
    for kernel, (macs, cycles) in sorted(seen.items(), key=lambda item: -item[1][1]):
        lines.append(f"| `{kernel}` | {macs:,} | {cycles:,} | {f'{macs / cycles:.2f}' if macs else ''} |")
    return "\n".join(lines)


@dataclass(frozen=True)
class Section:
    """A part of the page: one width of numbers."""

    text: str  # Markdown with its heading
    missed: list[str]  # what is not reached of what is asked


def int8(folder: Path) -> Section:
    rows = [measure(name, folder) for name in track(PEERS, "int8", transient=True)]
    text = (
        f"## int8, against TensorFlow Lite Micro with CMSIS-NN\n\n{table(rows)}\n\n{SOURCE}\n\n"
        f"### By kernel, the five models together\n\n{kinds(rows)}\n"
    )
    return Section(
        text, [f"{row.name} {key}" for row in rows for key, (ours, asked) in row.shares().items() if ours > asked]
    )


def _files(folder: Path) -> dict[str, Path]:
    return {name: folder / peer.file for name, peer in PEERS.items()}


def int4(folder: Path) -> Section:
    return Section(*bench_bits.int4(_files(folder)))


def int16(folder: Path) -> Section:
    return Section(*bench_bits.int16(_files(folder)))


# A width of numbers is a function from the models' folder to its section.
SECTIONS: tuple[Callable[[Path], Section], ...] = (int8, int4, int16)


def page(sections: list[Section]) -> str:
    return (
        "# Benchmarks\n\nWritten by `make bench`; do not edit.\n\n"
        + "\n".join(section.text for section in sections)
        + "\nLayer by layer, with the reasons: `python -m ml profile MODEL.tflite`. How the kernels work: [kernels.md]"
        "(kernels.md).\n"
    )


@click.command()
@click.option(
    "--models", type=click.Path(file_okay=False, path_type=Path), default=MODELS, help="Folder of the models."
)
@click.option("--write/--no-write", default=True, show_default=True, help="Write docs/benchmarks.md.")
def bench(models: Path, write: bool) -> None:
    """The five MLPerf Tiny models against TensorFlow Lite Micro with CMSIS-NN."""
    sections = [made(models) for made in SECTIONS]
    click.echo("\n".join(section.text for section in sections))
    if write:
        replace_file(PAGE, page(sections).encode())
        click.echo(f"wrote {PAGE.relative_to(ROOT)}")
    missed = [what for section in sections for what in section.missed]
    if missed:
        raise UserError(f"expected every share within what is asked, found more for {', '.join(missed)}")


if __name__ == "__main__":
    run_cli(bench, "bench")
