"""The command: from a budget to a verified model, and what it refuses before anything is trained."""

import json

import pytest

from ml.evaluate.limits import Limits
from ml.evaluate.streams import Tally
from ml.report.plots import RED
from ml.search.command import verdict
from ml.search.finalists import operating
from ml.shrink.budget import Budget
from ml.studio.panels.judge import TRAINING

SPACE = """
from ml.design.space import Space
SPACE = Space(depth=(2,), kinds=("plain", "temporal"), widths=(8, 12, 16), kernels=(3, 5), strides=(2,), bits=(8,),
              heads=("flatten",))
"""  # of some hundred networks
ALARMS = ("--target-false-alarms-per-hour", 20)


@pytest.fixture(scope="module")
def found(ml, tmp_path_factory):
    """A folder with the result of a search of one candidate."""
    folder = tmp_path_factory.mktemp("search")
    (folder / "my_space.py").write_text(SPACE)
    words = ["--quick", "--space", folder / "my_space.py", "--out", folder, "--workers", 1]
    words += ["--trials", 1, "--finalists", 1, "--seeds", 1, "--flash", "10k", "--ram", "1k", "--ms", 2]
    return folder, ml("search", "gesture_recognition", *words, *ALARMS), [*words, *ALARMS]


def test_a_budget_goes_in_and_a_verified_model_comes_out(found):
    folder, done, _ = found
    kept = json.loads((folder / "search.json").read_text())
    best = kept["finalists"][0]
    assert best["flash"] <= 10 * 1024 and best["ram"] <= 1024 and best["boards"]["nano33ble"]["ms"] <= 2
    predicted = best["predicted"]
    assert (predicted["ram"], predicted["cycles"]) == (best["ram"], best["cycles"])
    assert 0 <= predicted["flash"] - best["flash"] <= 1024  # softmax's table is as long as the scores spread
    assert best["seeds"][0]["parity"]["mismatches"] == 0 and best["seeds"][0]["stream"]["movements"]
    alarms = best["operating"]
    assert f"at most 20 false alarms an hour: {alarms['state']}, {alarms['reason']}" in done.stdout
    people = kept["people"]
    assert people["judged"] not in people["trained"] + people["chose"] + people["tuned"]
    assert "keeps the budget" in done.stdout or "nobody met" in done.stdout
    page = (folder / "search.html").read_text()
    assert f'xlink:href="#trial-{best["trial"]}"' in page and f'id="trial-{best["trial"]}"' in page
    assert page.count(f"stroke: {RED}") == 3  # limits: of flash, of RAM, and of cycles by the milliseconds


def test_what_was_found_is_applied_and_run_makes_it_again(ml, found):
    folder, _, words = found
    done = ml("search", "gesture_recognition", *words, "--apply", "best")
    assert "run it with --target-false-alarms-per-hour 20" in done.stderr
    assert "[[block]]" in (folder / "design.toml").read_text()
    header = folder / "gesture_recognition_model.h"
    applied = header.read_bytes()
    header.unlink()
    done = ml("run", "gesture_recognition", "--quick", "--out", folder, *ALARMS)
    assert "train: as before" in done.stderr or "training" not in done.stderr
    assert header.read_bytes() == applied


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--flash", "200", "--ram", "20"],
            "expected a budget that a network of this space can keep: --flash at least",
        ),
        (["--ms", "0.0001"], "--ms at least"),
        (["--board", "toaster"], "found 'toaster'"),
        (["--space", "nothing.py"], "expected Python with SPACE"),
        (["--uj", "3", "--board", "virtual"], "expected a board whose currents are documented"),
        (["--flash", "many"], "--flash: expected bytes"),
        (["--apply", "best"], "expected what `python -m ml search gesture_recognition` leaves"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(ml, tmp_path, words, said):
    done = ml("search", "gesture_recognition", "--quick", "--out", tmp_path, *words, status=1)
    assert said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "search").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SPACE = 3", "found int"),
        ("1 / 0", "found ZeroDivisionError"),
        ("from ml.design.space import Space\nSPACE = Space(kinds=('round',))", "expected a kind of plain"),
        ("from ml.design.space import Space\nfrom ml.design.blocks import Blocks\n"
         "SPACE = Space(kernels=(3,), kinds=('attention',), depth=(1,), network=Blocks((), picture=True))",
         "expected a space with networks that compile, found none"),
    ],
)  # fmt: skip
def test_a_space_that_is_none_is_refused(ml, tmp_path, text, said):
    (tmp_path / "space.py").write_text(text)
    words = ["--quick", "--out", tmp_path / "out", "--space", tmp_path / "space.py"]
    assert said in ml("search", "gesture_recognition", *words, status=1).stderr


def test_the_local_page_offers_a_search():
    assert "search" in TRAINING


ROW = {"name": "trial 3", "flash": 5000, "ram": 700, "accuracy": 0.9, "by_seed": [0.88, 0.92]}
ROW |= {"boards": {"nano33ble": {"ms": 1.0, "uj": 19.0}}}
ROW |= {"operating": {"state": "met", "reason": "70 of 80 events found", "asked_per_hour": 30.0}}


def test_a_budget_that_nobody_meets_is_said_with_the_nearest():
    assert "keeps the budget: 90.0 % (88.0 to 92.0 over 2 seeds)" in verdict([ROW], Budget("nano33ble", accuracy=0.9))
    said = verdict([ROW, ROW | {"name": "trial 5", "accuracy": 0.97}], Budget("nano33ble", accuracy=0.95, uj=10))
    assert said.startswith("nobody met the budget: the nearest, trial 3, has 19 uJ on nano33ble, 10 allowed")
    assert "accuracy 0.900, 0.950 asked" in said


def seed_of(false: int, hours: float = 0.1) -> dict:
    """A finalist's streams of one seed, on which 30 false alarms an hour are allowed, at most 90."""
    return {"tally": vars(Tally(80, 70, false, hours)), "limits": vars(Limits(30.0, 90.0))}


def test_false_alarms_that_were_asked_for_are_held_or_the_result_says_not_met():
    for false, hours, state in (
        (1, 0.1, "met"),
        (4, 0.1, "not proven"),
        (12, 0.1, "not met"),
        (0, 0.001, "not proven"),
    ):
        alarms = operating([seed_of(false, hours)] * 3)
        assert (alarms["state"], alarms["asked_per_hour"]) == (state, 30)
        said = verdict([ROW | {"operating": alarms}], Budget("nano33ble", accuracy=0.9))
        assert f"at most 30 false alarms an hour: {state}, " in said
        assert said.startswith("nobody met what was asked: trial 3 keeps the budget, but not") == (state == "not met")
