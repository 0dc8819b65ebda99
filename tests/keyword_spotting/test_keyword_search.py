"""tools/studies/keyword_search.py: the network beside which it judges is the committed one. A whole run takes hours."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from ml.data.manifest import Dataset, Item
from ml.data.recordings import Recording
from ml.data.synthesis.speech import SILENCE, UNKNOWN_LABEL
from ml.paths import ROOT
from ml.pipeline.contract import APPS
from ml.pipeline.run import Run
from ml.pipeline.task import Task
from ml.search.subject import Asked
from ml.shrink.budget import Budget
from ml.shrink.measure import costs
from tests import command


@pytest.fixture(autouse=True)
def apps(monkeypatch):
    """The study puts an application of its own in the place of ours."""
    monkeypatch.setitem(APPS, "keyword_spotting", APPS["keyword_spotting"])


@pytest.fixture
def study():
    from tools.studies import keyword_search  # noqa: PLC0415 - it changes APPS

    return keyword_search


@dataclass(frozen=True)
class OfAll(Asked):
    """With every word, of five people."""

    @property
    def task(self) -> Task:
        from tools.studies import keyword_search  # noqa: PLC0415 - it changes APPS

        app, clip = keyword_search.less(), Recording(np.zeros((16000, 1), np.int16), 16_000_000, False, sensor="mic")
        every = product((*app.config.words, UNKNOWN_LABEL, SILENCE), ("ann", "bea", "cal", "dan", "eve"))
        items = [Item(f"{word}/{who}.wav", word, who, "", "", "", clip) for word, who in every]
        data = Dataset(tuple(items), hash="")
        return Task(app, data, app.split(data, ()), 0)


def test_the_network_of_today_costs_what_the_committed_one_does(study):
    asked = OfAll(Run("keyword_spotting"), Budget("nano33ble"))
    drawn = study.own(asked)["costs"]
    model = ROOT / "lib/keyword_spotting_model/keyword_spotting_model.tflite"
    compiled = costs(model.read_bytes(), asked.task.app)
    assert (drawn["ram"], drawn["macs"], drawn["cycles"]) == tuple(compiled[one] for one in ("ram", "macs", "cycles"))
    assert 0 <= drawn["flash"] - compiled["flash"] <= 1024  # softmax's table is counted at its longest


def test_a_finalist_is_told_with_the_sums_of_its_seeds(study):
    seeds = [{"hits": hits, "movements": 50, "false_detections": 1, "hours": 2.0} for hits in (30, 40)]
    row = {"flash": 70_000, "ram": 6_000, "cycles": 400_000, "accuracy": 0.925}
    assert study.told("own", row | {"seeds": [{"stream": one} for one in seeds]}) == (
        "own: 70,000 B, 6,000 B, 400,000 cycles; 92.5 % of clips; 70 of 100 words (70.0 %) with 2 false alarms in "
        "4.0 h (0.5 an hour); by seed 30 with 1, 40 with 1"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data", "nothing"], "expected a folder with a manifest.csv, found nothing there"),
        (["--data", "nothing", "--flash", "x"], "--flash: expected bytes"),
        (["--data", "nothing", "--trials", 0], "--trials"),
        ([], "--data"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_made(tmp_path, words, said):
    words = [tmp_path / word if word == "nothing" else word for word in words]
    done = command.script("tools/studies/keyword_search.py", *words, "--out", tmp_path / "out", status=1)
    assert said in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()
