"""`python -m ml shrink MODEL.keras --examples FILE.npz`, through the real command: what it leaves, what it refuses."""

import json
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ml.compiler import tflm
from ml.compiler.host import HostModel
from ml.train.keras import keras_module
from ml.train.lessons import classes, tune

SIDE, CLASSES = 8, 4
COMPILED, FOR_HOSTS = ("int8", "int4"), ("int16", "dynamic-range")
VARIANTS = ",".join((*COMPILED, *FOR_HOSTS))


def waves(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Four shapes in noise: float (n, 8, 8, 1) of at most 3, and which it is."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, count)
    across = np.arange(SIDE)[None, :] * np.array([1, 1, 0, 2])[labels][:, None]
    down = np.arange(SIDE)[None, :] * np.array([0, 1, 1, 1])[labels][:, None]
    clean = np.sin(across[:, None, :] + down[:, :, None] + rng.uniform(0, 6.28, (count, 1, 1)))
    return np.clip(clean + rng.normal(0, 0.9, clean.shape), -3, 3)[..., None].astype(np.float32), labels


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    """A folder with net.keras, which has learned something, and examples.npz."""
    folder = tmp_path_factory.mktemp("own")
    inputs, labels = waves(600, 0)
    keras = keras_module()
    keras.utils.set_random_seed(0)
    layers = keras.layers
    x = given = keras.Input((SIDE, SIDE, 1), name="picture")
    x = layers.ReLU(name="first_relu")(layers.Conv2D(8, 3, 2, "same", name="first")(x))
    x = layers.ReLU(name="second_relu")(layers.Conv2D(24, 3, 2, "same", name="second")(x))
    x = layers.Dense(CLASSES, activation="softmax", name="scores")(layers.Flatten(name="flatten")(x))
    net = keras.Model(given, x, name="net")
    scale = float(np.abs(inputs).max() / 127)
    tune(net, classes(np.rint(inputs / scale).astype(np.int8), labels, CLASSES, scale, rate=2e-2), 6, 0)
    net.save(folder / "net.keras")
    np.savez(folder / "examples.npz", inputs=inputs, labels=labels)
    return folder


def asked(own: Path, model: str = "net.keras", variants: str = VARIANTS) -> tuple:
    """In this very process: an import of TensorFlow takes seconds."""
    given = (own / model, "--examples", own / "examples.npz")
    return ("shrink", *given, "--seeds", 1, "--workers", 1, "--variants", variants)


@pytest.fixture(scope="module")
def shrunk(own, ml) -> Path:
    """The folder that the variants leave."""
    ml(*asked(own), "--out", own / "out")
    return own / "out"


def rows(folder: Path) -> dict[str, dict]:
    return {row["name"]: row for row in json.loads((folder / "tradeoff.json").read_text())["rows"]}


def test_each_variant_leaves_its_files(shrunk):
    every = {"model.keras", "model.tflite", "plan.json", "metrics.json"}
    for names, wanted in ((COMPILED, every | {"net_model.h"}), (FOR_HOSTS, every)):
        for name in names:
            assert {path.name for path in (shrunk / "variants" / name).iterdir()} == wanted
    plan = json.loads((shrunk / "variants/int4/plan.json").read_text())
    assert [step["do"] for step in plan["step"]] == ["round"]
    assert plan["step"][0]["bits"] == 4


def test_four_bits_cost_fewer_bytes_and_the_loss_is_told_with_its_interval(shrunk):
    made = rows(shrunk)
    assert made["int4"]["flash"] < 0.8 * made["int8"]["flash"]
    assert made["int8"]["accuracy"] > 0.6  # one in four by chance
    against = made["int4"]["against"]["int8"]
    assert against["low"] <= against["points"] <= against["high"]
    for row in (made["int8"], made["int4"]):  # the same float network, paired with each
        floats = row["less_float"]
        assert floats["low"] <= floats["points"] <= floats["high"] and abs(floats["points"]) < 10
    lost = made["int4"]["less_float"]["points"] - made["int8"]["less_float"]["points"]
    assert lost == pytest.approx(against["points"], abs=0.01)
    assert len(made["int4"]["by_seed"]) == 1
    assert made["int8"]["boards"]["nano33ble"]["ms"] > 0
    assert made["int8"]["boards"]["nano33ble"]["uj"] > 0


def test_what_runs_on_hosts_only_is_judged_there_and_the_row_says_why(shrunk):
    made = rows(shrunk)
    for name in FOR_HOSTS:
        row = made[name]
        assert row["verdict"].startswith("on hosts only: ")
        assert "cycles" not in row
        assert abs(row["against"]["int8"]["points"]) < 5


def test_every_layer_of_every_variant_is_that_of_tensorflow_lite_micro(shrunk):
    if not tflm.available():
        pytest.skip("no tflite-micro on this system")
    found = [rows(shrunk)[name]["parity"] for name in COMPILED]
    assert all(one["windows"] == 120 and one["mismatches"] == 0 for one in found)


def test_the_accuracy_is_that_of_the_header_in_c(shrunk, own):
    kept = np.load(own / "examples.npz")
    inputs, labels = kept["inputs"][4::5], kept["labels"][4::5]  # every fifth example judges
    scale = np.abs(np.delete(kept["inputs"], np.s_[4::5], axis=0)).max() / 127
    given = np.clip(np.rint(inputs / scale), -128, 127).astype(np.int8)
    for name in ("int8", "int4"):
        answers = HostModel(shrunk / "variants" / name / "net_model.h").run(given).argmax(1)
        assert float((answers == labels).mean()) == pytest.approx(rows(shrunk)[name]["by_seed"][0])


def test_the_page_needs_no_network(shrunk):
    text = (shrunk / "shrink.html").read_text()
    assert not re.search(r"(?:src|href)=.?(?:https?:)?//|@import|url\(.?http", text)  # names of formats are no links
    assert text.count("<svg") == 5
    assert all(name in text for name in VARIANTS.split(","))


def test_a_budget_picks_a_variant_and_one_that_cannot_be_met_names_the_nearest(ml, own, shrunk):
    flash = rows(shrunk)["int4"]["flash"]
    done = ml(*asked(own), "--out", shrunk, "--flash", flash)
    assert "within the budget: int4" in done.stdout
    assert "compress ..." not in done.stderr  # all is as before
    done = ml(*asked(own), "--out", shrunk, "--flash", 100, "--ms", 0.0001, status=1)
    last = done.stderr.strip().splitlines()[-1]
    assert "found none; the nearest" in last
    assert "100 allowed" in last


def test_without_streams_windows_alone_judge(ml, own, shrunk, tmp_path):
    done = ml(*asked(own, variants="int8"), "--no-streams", "--out", tmp_path)
    assert "convert: as before" in done.stderr and "emit" not in done.stderr
    kept, whole = rows(tmp_path)["int8"], rows(shrunk)["int8"]
    assert kept | {"parity": None} == whole | {"parity": None} and kept["parity"] is None
    assert not (tmp_path / "variants/int8/net_model.h").exists()
    assert "not compared" in (tmp_path / "shrink.html").read_text()


def broken(own: Path, tmp_path: Path, **arrays) -> tuple:
    kept = dict(np.load(own / "examples.npz"))
    np.savez(tmp_path / "examples.npz", **{name: one for name, one in (kept | arrays).items() if one is not None})
    return own / "net.keras", tmp_path / "examples.npz"


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"inputs": np.zeros((600, 9, 8, 1), np.float32)}, "expected inputs of shape (n, 8, 8, 1)"),
        ({"labels": np.full(600, 7)}, "expected labels of 0 to 3"),
        ({"labels": np.zeros(3, int)}, "`labels` of shape (n,), found (600, 8, 8, 1) and (3,)"),
        ({"inputs": np.full((600, 8, 8, 1), np.nan)}, "finite numbers"),
        ({"labels": None}, "expected the arrays `inputs` and `labels`"),
        ({"scale": np.array(0.1)}, "beside int8 inputs"),
        ({"test_inputs": np.zeros((5, 8, 8, 1))}, "`test_inputs` and `test_labels` together"),
        ({"inputs": np.zeros((0, 8, 8, 1)), "labels": np.zeros(0, int)}, "expected a label for each of the 0"),
    ],
)
def test_examples_that_do_not_fit_are_refused_in_a_line(ml, own, tmp_path, arrays, says):
    model, examples = broken(own, tmp_path, **arrays)
    said = ml("shrink", model, "--examples", examples, "--out", tmp_path / "out", status=1).stderr.strip()
    assert says in said
    assert "\n" not in said


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut"])
def test_files_of_another_kind_are_refused_in_a_line(ml, own, tmp_path, content):
    for name in ("net.keras", "examples.npz"):
        (tmp_path / name).write_bytes(content)
        pair = {"net.keras": own / "net.keras", "examples.npz": own / "examples.npz"} | {name: tmp_path / name}
        done = ml("shrink", pair["net.keras"], "--examples", pair["examples.npz"], "--out", tmp_path, status=1)
        assert done.stderr.strip().count("\n") == 0
        assert f"{name}: expected a" in done.stderr


def swelling(path: Path) -> None:
    """An archive of some bytes that says it holds 3 GiB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inputs.npy", bytes(1000))
        archive.infolist()[0].file_size = 3 << 30


def claiming(path: Path) -> None:
    """An archive whose array claims 8 TB."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(118) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("inputs", "labels"):
            archive.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(64))


def pickled(path: Path) -> None:
    """An array whose reading would run what somebody wrote."""
    np.savez(path, inputs=np.array([{}] * 3), labels=np.zeros(3, int))


@pytest.mark.parametrize(
    ("hostile", "says"), [(swelling, "2,147,483,648 bytes"), (claiming, "in 193 bytes"), (pickled, "bytes of object")]
)
@pytest.mark.parametrize("command", ["shrink", "convert"])
def test_a_hostile_archive_of_examples_takes_no_memory_and_runs_nothing(ml, own, tmp_path, command, hostile, says):
    hostile(tmp_path / "examples.npz")
    given = (own / "net.keras", "--examples", tmp_path / "examples.npz", "--out", tmp_path / "out")
    said = ml(command, *given, status=1).stderr.strip()
    assert says in said and "\n" not in said
    assert not (tmp_path / "out").exists()


def test_a_layer_that_the_compiler_does_not_have_is_refused_by_its_name(ml, own, tmp_path):
    keras = keras_module()
    given = keras.Input((SIDE, SIDE, 1))
    x = keras.layers.Flatten()(keras.layers.LayerNormalization(name="norm")(given))
    keras.Model(given, keras.layers.Dense(CLASSES, activation="softmax")(x)).save(own / "strange.keras")
    said = ml(*asked(own, "strange.keras", "int8"), "--out", tmp_path / "out", status=1).stderr.strip().splitlines()[-1]
    assert "not supported" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("shrink", "net.tflite"), "expected an application"),
        (("shrink", "net.keras"), "expected --examples FILE.npz"),
        (("shrink", "gesture_recognition", "--to", "pdp11"), "expected a board with a Cortex-M4"),
        (("shrink", "gesture_recognition", "--flash", "much"), "--flash: expected bytes"),
        (("shrink", "gesture_recognition", "--quick", "--variants", "int3"), "--variants: expected some of"),
        (("shrink", "gesture_recognition", "--quick", "--apply", "int3"), "--apply: expected one of"),
        (("shrink", "gesture_recognition", "--quick", "--apply", "float16"), "expected a variant that boards run"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(ml, words, says):
    said = ml(*words, status=1).stderr.strip()
    assert says in said
    assert "\n" not in said
