"""The report with and without a board's measurements. A page takes seconds, so what is independent shares one."""

import json
import shutil
from pathlib import Path

import pytest

from ml.report import device, page

RUN = device.DeviceRun(
    board="virtual",
    model="",
    cycles_hz=25_000_000,
    exact=True,
    frontend_cycles=41_007,
    inference_cycles=160_021,
    decide_cycles=903,
    flash_bytes=61_234,
    ram_bytes=9_876,
    stack_bytes=1_812,
    events=(device.DeviceEvent("left", 201, 1_530_000, 1_468, 210_036),),
    layer_cycles=(("0_conv_2d", 123_457),),
)


@pytest.fixture(scope="module")
def results(quick, tmp_path_factory) -> Path:
    """Of a run that was measured on no board."""
    return shutil.copytree(quick, tmp_path_factory.mktemp("report") / "results")


def kept(folder: Path, name: str) -> dict:
    return json.loads((folder / f"{name}.json").read_text())


def keep(folder: Path, name: str, made: object) -> None:
    (folder / f"{name}.json").write_text(json.dumps(made))


def enrich(folder: Path, model: str, data: str) -> None:
    """With everything that later commands may add, of that model and these data."""
    device.save(device.DeviceRun(**{**vars(RUN), "model": model}), folder)
    metrics, run = kept(folder, "metrics"), kept(folder, "run")
    points = [{"subjects": count, "int8": metrics["int8"], "stream": metrics["stream"]} for count in (1, 2, 4)]
    keep(folder, "learning_curve", {"data": data, "quick": run["quick"], "points": points})
    names = ("events", "windows", "asleep", "missed_deadlines", "lost_samples", "overruns", "dropped_frames")
    board = dict.fromkeys(names, 41_234) | {"saturated": [1, 2], "gate_duty": 0.125}
    keep(folder, "stream-virtual-m3", {"model": model, "on": "virtual-m3", "all": {"hours": 2.5}, "board": board})
    doubt = {"file": "<b>.csv", "label": "x", "kind": "clipped", "text": "at its end"}
    left_out = {"file": "bad.csv", "reason": "cut short & gone"}
    told = {"data": data, "recordings": 9, "used": 8, "left_out": [left_out], "doubtful": [doubt]}
    keep(folder, "data_quality", told)


@pytest.fixture(scope="module")
def rich(results, tmp_path_factory) -> str:
    """The page of a run with everything that may be added to it."""
    folder = shutil.copytree(results, tmp_path_factory.mktemp("report") / "rich")
    data = kept(folder, "data")
    enrich(folder, kept(folder, "compiled")["model"], data["hash"])
    keep(folder, "data", data | {"sources": ["<script>alert(1)</script>"]})
    rows = [
        {"variant": name, "chosen": name == "mixture", "validation": {"merit": merit}, "test": {"more": {"auc": auc}}}
        for name, merit, auc in (("mixture", 0.98761, 0.91234), ("autoencoder", 0.5, 0.81234))
    ]
    keep(folder, "candidates", rows)
    return page.write(folder).read_text()


@pytest.fixture(scope="module")
def strange(results, tmp_path_factory) -> str:
    """The page where all that was added is of another model and of other data; and its network is no classifier."""
    folder = shutil.copytree(results, tmp_path_factory.mktemp("report") / "strange")
    enrich(folder, "another", "others")
    history = kept(folder, "history")
    keep(folder, "history", {name: value for name, value in history.items() if name not in ("accuracy", "judged")})
    return page.write(folder).read_text()


def test_what_a_board_measured_is_shown(rich):
    for figure in ("160,021", "123,457", "61,234", "9,876", "1,812", "210,036", "1.468 ms"):
        assert figure in rich


def test_measurements_of_another_model_are_not_shown(strange):
    assert "Not measured yet" in strange


@pytest.mark.parametrize("text", ["", "[]", '{"events": 3, "layer_cycles": []}', '{"events": [], "layer_cycles": []}'])
def test_damaged_measurements_are_as_none(tmp_path, text):
    (tmp_path / "device.json").write_text(text)
    assert device.load(tmp_path, "") is None


def test_names_from_the_data_cannot_become_markup(rich):
    assert "&lt;script&gt;alert(1)" in rich
    assert "<script>" not in rich


def test_streams_are_shown_with_intervals_operating_point_and_trade_off(results, rich):
    low, high = kept(results, "metrics")["stream"]["detection_interval"]
    assert f"{100 * low:.1f} to {100 * high:.1f}" in rich
    assert f"at most\n{kept(results, 'decision')['validation']['target_per_hour']} false alarms an hour" in rich
    assert "false alarms an hour (95 % interval: orange)" in rich  # the trade-off's axis


def test_a_learning_curve_of_the_same_data_is_shown(rich, strange):
    assert "Learning curve" in rich
    assert "Learning curve" not in strange


def test_streams_on_a_board_are_shown_for_the_same_model_only(rich, strange):
    assert all(figure in rich for figure in ("virtual-m3", "41,234", "12.5 %"))
    assert "virtual-m3" not in strange


def test_the_models_among_which_one_was_chosen_are_shown(rich):
    assert all(shown in rich for shown in ("mixture (chosen)", "0.9876", "auc 0.9123", "autoencoder", "auc 0.8123"))


def test_a_network_that_is_no_classifier_has_losses_only(rich, strange):
    assert "accuracy, % (varied windows)" in rich
    assert "loss (varied windows)" in strange
    assert "accuracy, % (varied windows)" not in strange


def test_what_was_left_out_of_the_data_is_shown_with_its_reason_when_it_is_of_these_data(rich, strange):
    for words in ("8 of 9 recordings are used", "cut short &amp; gone", "&lt;b&gt;.csv", "1 clipped"):
        assert words in rich
    assert "cut short" not in strange
