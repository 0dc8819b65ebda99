"""`python -m ml federate`, as a user calls it."""

import json

import pytest

from ml.update import keys as store
from ml.update.keys import Keys, Pair
from ml.update.package import read

SMALL = ("gesture_recognition", "--nodes", 0, "--rounds", 2)


def test_people_of_a_data_set_learn_together_and_the_result_is_signed(ml, recordings, tmp_path, monkeypatch):
    monkeypatch.setenv("THIMBLE_KEYS", str(tmp_path / "keys"))
    keys = Keys("rings", (Pair.new(),))
    store.write(keys, new=True)
    plot, out = tmp_path / "plot.png", tmp_path / "new.tmu"
    asked = ("--data", recordings, "--apart", "sim_e", "--plot", plot, "--sign", "rings", "--counter", 5, "--out", out)
    found = json.loads(ml("federate", *SMALL, *asked, "--json").stdout)
    assert found["boards"] == 4 and found["others"] == 1
    assert set(found["rounds"]) == {"each board for itself", "central", "federated"}
    assert all(len(curve) == 3 for curve in found["rounds"].values())
    last = {name: curve[-1] for name, curve in found["rounds"].items()}
    assert last["federated"]["own"] > found["rounds"]["federated"][0]["own"]
    assert found["compiled"] == pytest.approx(last["federated"]["own"], abs=0.02)
    keys.verify(update := read(out))
    assert update.manifest.counter == 5 and plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--sign", "rings"), "expected --sign and --counter together"),
        (("--group", 2), "the sum of fewer says too much"),
        ((), "expected 3 boards or more"),
        (("--dropouts", "nan"), "expected a number"),
    ],
)
def test_what_cannot_be_is_one_line(ml, asked, told):
    done = ml("federate", *SMALL, *asked, status=1)
    assert told in done.stderr and done.stderr.count("\n") == 1


def test_people_that_nobody_simulates_need_recordings(ml):
    done = ml("federate", "vibration_anomaly", status=1)
    assert done.stderr.count("\n") == 1 and "nobody simulates its people" in done.stderr
