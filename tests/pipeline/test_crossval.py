"""Each subject left out in turn, through the command line, and the means over the folds."""

import dataclasses
import json

import pytest

from ml.data.synthesis import Plan, generate
from ml.evaluate.streams import Tally
from ml.trial.crossval import summary

OWN = {"PYTHONUNBUFFERED": "1"}  # a process of its own: the folds run in processes that it starts


def fold(subject, seed, right, false):
    figures = {"accuracy": right / 10, "right": right, "repetitions": 10}
    tally = Tally(10, right, false, 0.5, (0.25,), (0.75,))
    parity = {"windows": 10, "bytes": 100, "mismatches": 0}
    kept = {"parity": parity, "stream": tally.summary(), "tally": dataclasses.asdict(tally)}
    return {"seed": seed, "subject": subject, "float": figures, "int8": figures} | kept


def test_means_are_over_folds_and_the_spread_over_seeds():
    made = summary([fold("ann", 0, 10, 0), fold("bob", 0, 8, 2), fold("ann", 1, 9, 1), fold("bob", 1, 7, 1)])
    assert made["int8_accuracy"] == pytest.approx(0.85)
    assert made["int8_spread_over_seeds"] == pytest.approx(0.05)
    assert made["mismatches"] == 0
    assert made["stream"]["hits"] == 18  # of the first seed: the same streams again would count twice
    assert made["stream"]["false_per_hour"] == 2


def test_parity_that_was_not_checked_is_not_called_zero():
    unchecked = fold("ann", 0, 10, 0) | {"parity": None, "stream": None}
    made = summary([unchecked, fold("bob", 0, 8, 2)])
    assert made["mismatches"] is None
    assert made["stream"]["movements"] == 10


def test_every_subject_is_left_out_once_and_int8_equals_tensorflow_lite_micro(ml, tmp_path):
    data = generate(Plan(people=2, repetitions=3, background_s=5), 1, tmp_path / "set")
    made = json.loads(
        ml("crossval", "gesture_recognition", "--quick", "--data", data, "--json", "--out", tmp_path, **OWN).stdout
    )
    assert [one["subject"] for one in made["folds"]] == ["sim_a", "sim_b"]
    assert made["mismatches"] in (0, None)
    assert all(one["int8"]["repetitions"] == 30 for one in made["folds"])
    assert made["int8_accuracy"] > 0.2  # one in eleven by chance, and trained for seconds with one person
