#!/usr/bin/env python3
"""`python -m ml shrink keyword_spotting --no-streams` after a training that a shared machine can repeat: six
epochs, of which each shows every clip once. Front end, network and people are those of the command.

python tools/studies/keyword_shrink.py --data ../shared/data/speech --variants int4,int4-aware,half
"""

import sys
from dataclasses import replace
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.keyword_spotting.app import KeywordSpotting
from ml.keyword_spotting.config import Config
from ml.pipeline.contract import APPS
from ml.shrink.command import shrink


def less() -> KeywordSpotting:
    """Sixteen epochs of which the last one is kept, a quarter of the windows in each; streams judge nothing."""
    whole = Config()
    fewer = {"least": 1, "recorded": 1, "noise_s": 20.0, "babble_s": 100.0}
    training = replace(whole.training, epochs=16, falling=8, checkpoints=0, **fewer)
    return KeywordSpotting(replace(whole, training=training, streams=replace(whole.streams, count=1, minutes=3.0)))


APPS["keyword_spotting"] = "__main__:less"  # in the processes beside this one too: each imports this file


@click.command()
@click.option("--data", required=True, multiple=True, help="Folder with recordings, as of `ml shrink`.")
@click.option("--variants", help="As of `ml shrink`.")
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1, 20))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--out", default="build/keyword_shrink", show_default=True, type=click.Path(file_okay=False))
def command(data: tuple[str, ...], variants: str | None, seeds: int, workers: int, out: str) -> None:
    """Compares variants of the keyword network after a shorter training."""
    asked = [word for folder in data for word in ("--data", folder)] + (["--variants", variants] if variants else [])
    how = ["--no-streams", "--seeds", str(seeds), "--workers", str(workers), "--out", out]
    shrink.main(["keyword_spotting", *asked, *how], standalone_mode=False)


if __name__ == "__main__":
    run_cli(command, "keyword_shrink.py")
