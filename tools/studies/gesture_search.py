#!/usr/bin/env python3
"""`python -m ml search gesture_recognition` with more simulated people than the application's six, so that one person's
habits do not decide where false alarms begin: of 16, of whom 3 are held out to judge, 3 choose and tune. Each makes
every gesture half as often, and training varies each repetition half as often.

python tools/studies/gesture_search.py --hold-out sim_n --hold-out sim_o --hold-out sim_p --board nano33ble --ms 2 \
    --flash 10k --ram 1k --accuracy 0.95 --upper-bound-per-hour 45
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.data.synthesis import Plan
from ml.errors import UserError
from ml.gesture_recognition.app import GestureRecognition
from ml.gesture_recognition.config import Config
from ml.pipeline.contract import APPS
from ml.search.command import search

PEOPLE = "THIMBLE_STUDY_PEOPLE"  # how the processes beside this one are told


def many() -> GestureRecognition:
    """The application with as many people as were asked for."""
    whole = Config()
    training = replace(whole.training, variations=whole.training.variations // 2)
    plan = Plan(people=int(os.environ[PEOPLE]), repetitions=whole.synthesis.repetitions // 2, background_s=30.0)
    return GestureRecognition(replace(whole, training=training, synthesis=plan))


APPS["gesture_recognition"] = "__main__:many"  # in the processes beside this one too: each imports this file


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--people", default=16, show_default=True, type=click.IntRange(6, 26))
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def command(people: int, options: tuple[str, ...]) -> None:
    """Search gestures of many simulated people; OPTIONS are those of `ml search gesture_recognition`."""
    if "--quick" in options:
        raise UserError("expected no --quick, which simulates five people of its own; give --trials 1 and --people 6")
    os.environ[PEOPLE] = str(people)
    search.main(["gesture_recognition", *options], standalone_mode=False)


if __name__ == "__main__":
    run_cli(command, "gesture_search.py")
