#!/usr/bin/env python3
"""The committed keyword network with weights of four bits after training: all of them, and only where that saves bytes.

python tools/studies/keyword_own.py --data ../shared/data/speech --out build/keyword_own
python tools/studies/keyword_four_bits.py build/keyword_own

The compiler stores the first layer and the depthwise ones, of few weights a channel, with eight bits in any case.
"""

import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compress.recipe import Recipe, Step
from ml.shrink import command, variants
from ml.shrink.variants import Variant

SAVING = ("conv2", "over_bands", "block1_mixed", "block2_mixed", "block3_mixed", "wide", "scores")
ROUNDED = Recipe((Step("round", {"bits": dict.fromkeys(SAVING, 4)}),))
ADDED = Variant("int4-saving", "weights of 4 bits after training, where that saves bytes", ROUNDED)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Compares both with the network of eight bits and with float."""
    command.every = lambda epochs: (*variants.every(epochs), ADDED)
    how = ["--variants", f"int4,{ADDED.name}", "--no-streams", "--workers", "1", "--out", str(folder / "four_bits")]
    command.shrink.main(
        [str(folder / "network.keras"), "--examples", str(folder / "examples.npz"), *how], standalone_mode=False
    )


if __name__ == "__main__":
    run_cli(main, "keyword_four_bits.py")
