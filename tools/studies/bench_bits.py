"""Benchmarks weights of four bits and activations of 16: the five MLPerf Tiny models, and the layers that peers
were measured on. Sections of docs/benchmarks.md; `bench.py` writes the page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from ml.compiler.operators import Options
from ml.compress.four_bits import four_bits
from ml.profile.measure import Profile, profile
from tools.studies.int16_networks import int16 as to_int16

MORE_CYCLES = 1.05  # of the int8 twin, at most
OF_PEER = 0.30  # of CMSIS-NN's cycles on weights of four bits, at most

# Of the constants of the int8 twin, at most.
CONSTANTS = {"kws": 0.70, "vww": 0.70, "ic": 0.55, "sww": 0.70, "ad": 0.55}


@dataclass(frozen=True)
class Layer:
    """What CMSIS-NN (4ab83cc) takes for one layer, by the same method."""

    model: str
    number: int  # of the layer in the compiled model
    about: str
    int8: int  # cycles
    int4: int


PEERS = (
    Layer("kws", 2, "1x1 convolution, 25x5x64 to 64", 1_272_207, 2_228_381),
    Layer("ad", 0, "dense, 640 to 128", 203_002, 469_198),
)

INT4 = """\
Every convolution and dense layer brought to -7..7 by `ml/compress/four_bits.py`; both columns run the same integers and
give the same bytes as TFLM does for the int8 twin. "4 bits" is what `--weights auto` chooses: a layer that would take
more than 5 % more cycles keeps its 8. Depthwise weights keep theirs. Constants are all that the header holds. A layer
of ad has a scale above 1 in its twin, which int8's packed kernel does not take: compare ad with its int8 row above.\
"""

INT16 = """\
The same networks converted by TensorFlow to int16 activations with int8 weights, random inputs as calibration: each
layer's bytes are TFLM's. No peer's figures are at hand: TFLM's own int16 kernels of CMSIS-NN were not measured.\
"""


def constants(made: Profile) -> int:
    return sum(layer.lowered.flash for layer in made.compiled.program.layers)


def int4(files: dict[str, Path]) -> tuple[str, list[str]]:
    """(Markdown, what is missed) of the models by name."""
    rows, missed, made = [], [], {}
    for name, path in track(files.items(), "4 bits", transient=True):
        narrow = four_bits(path.read_bytes(), path.name)
        made[name] = whole, four = [
            profile(narrow, name, Options(weights=bits), title=path.name) for bits in ("8", "auto")
        ]
        size, cycles = constants(four) / constants(whole), four.total.cycles / whole.total.cycles
        layers = sum(layer.lowered.bits == 4 for layer in four.compiled.program.layers)
        rows.append(
            f"| {name} | {whole.total.cycles:,} | {four.total.cycles:,} | {cycles:.3f} (at most {MORE_CYCLES}) "
            f"| {constants(whole):,} | {constants(four):,} | {size:.2f} (at most {CONSTANTS[name]:.2f}) | {layers} |"
        )
        missed += [f"{name} cycles in 4 bits"] if cycles > MORE_CYCLES else []
        missed += [f"{name} constants in 4 bits"] if size > CONSTANTS[name] else []
    heading = (
        "| model | cycles ~, 8 bits | 4 bits | 4 / 8 | constants, 8 bits | 4 bits | 4 / 8 | layers in 4 bits |\n"
        "|---|" + "---:|" * 7
    )
    peers, more = _peers(made)
    text = "\n".join(["## int8 with weights of 4 bits", "", heading, *rows, "", INT4, "", peers, ""])
    return text, missed + more


def _peers(made: dict[str, list[Profile]]) -> tuple[str, list[str]]:
    lines = [
        "| layer | CMSIS-NN, 8 bits | 4 bits | ours, 8 bits | 4 bits | ours / CMSIS-NN's 4 bits |",
        "|---|" + "---:|" * 5,
    ]
    missed = []
    for peer in PEERS:
        ours = [one.layers[peer.number].count.cycles for one in made[peer.model]]
        share = ours[1] / peer.int4
        lines.append(
            f"| {peer.about} | {peer.int8:,} | {peer.int4:,} | {ours[0]:,} | {ours[1]:,} "
            f"| {share:.2f} (at most {OF_PEER:.2f}) |"
        )
        missed += [f"{peer.about} in 4 bits"] if share > OF_PEER else []
    return "\n".join(lines), missed


KWS_CYCLES, KWS_RAM = 1.6, 2.2  # of int8's, at most


def int16(files: dict[str, Path]) -> tuple[str, list[str]]:
    """(Markdown, what is missed) of the models by name."""
    rows, missed = [], []
    for name, path in track(files.items(), "16 bits", transient=True):
        data = path.read_bytes()
        whole, wide = profile(data, name, title=path.name), profile(to_int16(data, path.name), name, title=path.name)
        cycles, ram = wide.total.cycles / whole.total.cycles, wide.image.ram / whole.image.ram
        asked = [f" (at most {most})" if name == "kws" else "" for most in (KWS_CYCLES, KWS_RAM)]
        rows.append(
            f"| {name} | {whole.total.cycles:,} | {wide.total.cycles:,} | {cycles:.2f}{asked[0]} "
            f"| {whole.image.ram:,} | {wide.image.ram:,} | {ram:.2f}{asked[1]} |"
        )
        missed += ["kws cycles in int16"] if name == "kws" and cycles > KWS_CYCLES else []
        missed += ["kws RAM in int16"] if name == "kws" and ram > KWS_RAM else []
    heading = "| model | cycles ~, int8 | int16x8 | 16 / 8 | RAM, int8 | int16x8 | 16 / 8 |\n|---|" + "---:|" * 6
    return "\n".join(["## int16 with int8 weights", "", heading, *rows, "", INT16, ""]), missed
