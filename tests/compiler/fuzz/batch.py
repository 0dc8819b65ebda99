"""Many compiled models in one program: the C compiler's start costs more than a model.

outputs, said = run([program, ...], [inputs, ...], "host", folder)
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.compiler.header import Identity, header
from ml.compiler.lowering import Program
from ml.native.build import INCLUDES, archive, compiler
from ml.paths import ROOT
from ml.profile import image

KERNELS = sorted((ROOT / "lib/nn/src").rglob("*.c"))
RUNNER = Path(__file__).parent / "runner.c"
PLACES = "-Wl,--section-start=.vectors=0,-Ttext=0x100,-Tdata=0x20000000,-e,reset,--defsym=stack_top=0x20400000"


@dataclass(frozen=True)
class Target:
    """What builds and runs a batch."""

    kernels: tuple[str, ...]  # flags for lib/nn of this computer; a board has the objects of ml/profile
    models: tuple[str, ...]  # flags for the generated headers: hardly more than calls
    compiler: str = ""  # of this computer when empty
    link: tuple[str, ...] = ()
    emulator: tuple[str, ...] = ()  # what runs the program, that computer itself when empty
    guard: int = 64  # bytes behind each arena that must not change


SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
TARGETS = {
    "host": Target((), ("-O0",)),  # the kernels as `ml` runs them
    "sanitized": Target(("-O1", *SANITIZERS), ("-O0", *SANITIZERS), guard=0),  # theirs is better: they see what is read
    # the assembler that lib/nn/src/dsp has for processors with DSP instructions
    "cortex-m4": Target(
        kernels=(),
        models=("-O0", *image.CPUS["cortex-m4"]),
        compiler=image.COMPILER,
        link=("-nostartfiles", "--specs=nano.specs", PLACES, "-Wl,-n"),
        emulator=(
            *("qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "null"),
            *("-semihosting-config", "enable=on,target=native", "-kernel"),
        ),
    ),
}


def run(
    programs: Sequence[Program], inputs: Sequence[np.ndarray], target: str, folder: Path
) -> tuple[list[list[bytes]], str]:
    """(every program's outputs: the layers of one input after the other, one entry an input; what the run said).

    `inputs`: as many rows for each program. A run that ends early leaves out what it did not reach.
    """
    _write(programs, inputs, folder)
    kind = TARGETS[target]
    folder_flags = [f"-I{path}" for path in (*INCLUDES, folder)]
    build = [kind.compiler or compiler(), "-std=gnu99", "-w", f"-DNN_GUARD={kind.guard}", *kind.models, *folder_flags]
    subprocess.run([*build, str(RUNNER), *kernels(target), *kind.link, "-o", str(folder / "batch")], check=True)
    done = subprocess.run(
        [*kind.emulator, str(folder / "batch")], cwd=folder, capture_output=True, text=True, check=False, timeout=600
    )
    made = (folder / "outputs").read_bytes()
    return list(_cut(made, programs, inputs)), done.stderr if done.returncode or kind.emulator else ""


def kernels(target: str) -> list[str]:
    """lib/nn for a target, compiled once."""
    kind = TARGETS[target]
    if kind.compiler:
        return list(map(str, image.kernels()))
    return [str(archive("nn", KERNELS, flags=list(kind.kernels)))]


def _write(programs: Sequence[Program], inputs: Sequence[np.ndarray], folder: Path) -> None:
    texts = [header(program, Identity(f"n{i}", "0" * 16), 0) for i, program in enumerate(programs)]
    names = ", ".join(f"&n{i}_model" for i in range(len(programs)))
    texts.append(f"static const nn_model *const models[] = {{{names}}};")
    texts.append(f"#define MODELS {len(programs)}\n#define INPUTS {len(inputs[0])}")
    (folder / "batch.h").write_text("\n".join(texts))
    (folder / "inputs").write_bytes(b"".join(rows.tobytes() for rows in inputs))


def _cut(made: bytes, programs: Sequence[Program], inputs: Sequence[np.ndarray]):
    """The bytes of each input of each program."""
    at = 0
    for program, rows in zip(programs, inputs, strict=True):
        size = sum(layer.op.output.size for layer in program.layers)
        whole = [made[at + i * size : at + (i + 1) * size] for i in range(len(rows))]
        yield [one for one in whole if len(one) == size]
        at += size * len(rows)
