"""What a study proposes and keeps. Accuracy is a formula here, so that hundreds of candidates take a second; the real
one is in test_search.py."""

import contextlib
import multiprocessing
import os
import signal
import time
from dataclasses import replace

import pytest

from ml.pipeline.run import Run
from ml.search import cost, loop
from ml.search.candidate import hopeless
from ml.search.loop import Enough
from ml.search.study import proposed
from ml.shrink.budget import Budget
from tests.search.by_formula import SMALL, Small, asked, designs, endless, formula


@pytest.fixture(autouse=True)
def by_formula(monkeypatch):
    monkeypatch.setattr("ml.search.candidate.Bench.quality", formula)


def test_one_seed_gives_one_result_and_another_another(tmp_path):
    first = designs(loop.run(asked(tmp_path / "a"), Enough(13, None)))
    assert first == designs(loop.run(asked(tmp_path / "b"), Enough(13, None)))
    assert first[:3] != designs(loop.run(asked(tmp_path / "c", seed=1), Enough(3, None)))[:3]


def test_a_search_that_was_killed_goes_on_as_if_it_had_not_been(tmp_path):
    whole = designs(loop.run(asked(tmp_path / "whole"), Enough(12, None)))
    process = multiprocessing.get_context("spawn").Process(target=endless, args=(tmp_path / "killed", 12))
    process.start()
    journal, until = tmp_path / "killed" / "search" / "journal.log", time.monotonic() + 120
    while time.monotonic() < until and not (journal.exists() and journal.read_text().count('"rungs"') > 3):
        time.sleep(0.05)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    before = designs(loop.results(loop.opened(asked(tmp_path / "killed"))))
    assert 0 < len(before) < len(whole)
    assert designs(loop.run(asked(tmp_path / "killed"), Enough(12, None))) == whole


class Dying:
    """A trial whose process is killed after so many choices."""

    def __init__(self, trial, choices: int) -> None:
        self.trial, self.left = trial, choices

    def __getattr__(self, name: str):
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return getattr(self.trial, name)


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ml.search.candidate.Bench.quality", formula)
        return designs(loop.run(asked(tmp_path_factory.mktemp("six")), Enough(6, None)))


@pytest.mark.parametrize("choices", [0, 1, 3, None])
def test_a_search_that_was_killed_while_it_proposed_a_trial_goes_on_likewise(tmp_path, six, choices):
    """Before it said whose the trial is, between two choices, or with all of them."""
    loop.run(asked(tmp_path), Enough(4, None))
    study = loop.opened(asked(tmp_path))
    trial = study.study.ask() if choices == 0 else study.ask()
    with contextlib.suppress(KeyboardInterrupt):
        proposed(SMALL, trial if choices is None else Dying(trial, choices))
    assert designs(loop.run(asked(tmp_path), Enough(6, None))) == six


def test_two_processes_share_a_study(tmp_path):
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=endless, args=(tmp_path, 12)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(240)
    assert [one.exitcode for one in both] == [0, 0]
    found = loop.opened(asked(tmp_path)).trials()
    assert 12 <= sum(loop.is_new(one.user_attrs) for one in found) <= 13
    assert len({one.user_attrs["who"] for one in found}) == 2


def test_what_exceeds_the_budget_or_was_there_is_not_trained(tmp_path, monkeypatch):
    trained = []
    monkeypatch.setattr(
        "ml.search.candidate.Bench.quality", lambda bench, design, share: trained.append(str(design)) or 0.5
    )
    tight = Small(Run("gesture_recognition", quick=True, out=str(tmp_path)), Budget("nano33ble", flash=2500))
    found = loop.run(tight, Enough(12, None))
    over = [one for one in found if one.get("stopped") == "over the budget"]
    assert over and all(one["costs"]["flash"] > 2500 and not one.get("rungs") for one in over)
    assert all(one["costs"]["flash"] <= 2500 for one in found if one.get("rungs"))
    assert len(trained) == len(set(trained)) * 2  # rungs


def test_a_space_that_is_used_up_ends_the_search(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "IDLE", 12)
    tiny = replace(SMALL, depth=(1,), kinds=("plain",), widths=(4, 8), kernels=(3,), heads=("flatten",))
    monkeypatch.setattr(Small, "designs", tiny)
    found = loop.run(asked(tmp_path), Enough(5000, None))
    new = [str(one["design"]) for one in found if loop.is_new(one)]
    assert len(new) == len(set(new)) and any("repeated" in one for one in found)


def test_a_front_holds_what_no_other_beats(tmp_path):
    found = loop.run(asked(tmp_path), Enough(15, None))
    front = loop.front(found)
    assert front and front == sorted(front, key=lambda one: -one["rungs"][-1])
    for one in front:
        assert not any(loop._beats(other, one) for other in front)


COSTS = {"cycles": 1000, "flash": 1000, "ram": 100}
CHEAP = {"cycles": 900, "flash": 900, "ram": 90}


def test_a_candidate_is_hopeless_where_a_cheaper_one_is_as_good_and_a_third_are_better():
    better = [{"costs": CHEAP, "rungs": [0.9, 0.95]}] * 3
    assert hopeless(COSTS, [0.5], better)
    assert not hopeless(COSTS, [0.95], better)
    dearer = [{"costs": COSTS | {"cycles": 2000}, "rungs": [0.9]}] * 3
    assert not hopeless(COSTS, [0.5], dearer)
    assert not hopeless(COSTS, [0.5], [])


def test_the_smallest_figures_of_a_space_are_below_any_design(tmp_path):
    one = asked(tmp_path)
    least = cost.smallest(one.task, SMALL.ends())
    for found in loop.run(one, Enough(15, None)):
        assert all(found["costs"][name] >= least[name] for name in ("flash", "ram", "cycles"))
