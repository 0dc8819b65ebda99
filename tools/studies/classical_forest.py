#!/usr/bin/env python3
"""Measures a forest of 10 trees and 40 leaves on an emulated Uno: scikit-learn's digits, three divisions of the rows.

python tools/studies/classical_forest.py     # needs avr-gcc and simavr
"""

import sys
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.classical.convert import SMALL, convert
from ml.classical.header import source
from ml.classical.host import HostClassical
from ml.classical.uno import missing, on_uno
from ml.cli import run_cli
from ml.errors import UserError

NAMES = [str(digit) for digit in range(10)]
JUDGED, RANDOM = 540, 20_000
COLUMNS = (
    "division",
    "votes",
    "given",
    "tables",
    "flash",
    "cycles",
    "differ: judged",
    "all",
    "random",
    "right",
    "scikit-learn",
)


@click.command()
def bench() -> None:
    """Print a line for each division, width of the votes and rows that were given."""
    if missing():
        raise UserError(str(missing()))
    inputs, labels = map(np.asarray, load_digits(return_X_y=True))
    inputs = inputs.astype(np.int8)
    anything = np.random.default_rng(0).integers(0, 17, (RANDOM, inputs.shape[1])).astype(np.int8)
    table = Table(*COLUMNS)
    for seed in range(3):
        parts = train_test_split(inputs, labels, test_size=JUDGED, random_state=seed, stratify=labels)
        train, judged, known, truth = map(np.asarray, parts)
        forest = RandomForestClassifier(10, max_leaf_nodes=40, random_state=seed).fit(train, known)
        for votes in (SMALL, None, 16):
            for what, given in (("all", inputs), ("training", train)):
                form = convert(forest, given, votes)
                text = source(form, "digits", NAMES)
                cost = on_uno(text, "digits", judged)
                run = HostClassical(text, "digits", form.inputs, form.classes).run
                differ = [str(int((run(rows)[0] != forest.predict(rows)).sum())) for rows in (judged, inputs, anything)]
                figures = [f"{form.bytes:,}", f"{cost.flash:,}" if cost else "-", f"{cost.cycles:,}" if cost else "-"]
                right = [f"{(answers == truth).mean():.1%}" for answers in (run(judged)[0], forest.predict(judged))]
                table.add_row(str(seed), str(votes), what, *figures, *differ, *right)
    Console(width=140).print(table)


if __name__ == "__main__":
    run_cli(bench, "classical_forest.py")
