"""The report with and without a board's measurements."""

import json
import shutil

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


@pytest.fixture
def results(quick, tmp_path):
    return shutil.copytree(quick, tmp_path / "results")


def test_what_a_board_measured_is_shown(results):
    model = json.loads((results / "compiled.json").read_text())["model"]
    device.save(device.DeviceRun(**{**vars(RUN), "model": model}), results)
    text = page.write(results).read_text()
    for figure in ("160,021", "123,457", "61,234", "9,876", "1,812", "210,036", "1.468 ms"):
        assert figure in text


def test_measurements_of_another_model_are_not_shown(results):
    device.save(RUN, results)
    assert "Not measured yet" in page.write(results).read_text()


@pytest.mark.parametrize("text", ["", "[]", '{"events": 3, "layer_cycles": []}', '{"events": [], "layer_cycles": []}'])
def test_damaged_measurements_are_left_out(results, text):
    (results / "device.json").write_text(text)
    assert "Not measured yet" in page.write(results).read_text()


def test_names_from_the_data_cannot_become_markup(results):
    data = json.loads((results / "data.json").read_text())
    (results / "data.json").write_text(json.dumps(data | {"sources": ["<script>alert(1)</script>"]}))
    assert "<script>" not in page.write(results).read_text()


def test_streams_are_shown_with_intervals_operating_point_and_trade_off(results):
    metrics, decision = (json.loads((results / f"{name}.json").read_text()) for name in ("metrics", "decision"))
    text = page.write(results).read_text()
    low, high = metrics["stream"]["detection_interval"]
    assert f"{100 * low:.1f} to {100 * high:.1f}" in text
    assert f"at most\n{decision['validation']['target_per_hour']} false alarms an hour" in text
    assert "false alarms an hour (95 % interval: orange)" in text  # the trade-off's axis


def test_a_learning_curve_of_the_same_data_is_shown(results):
    metrics, data, run = (json.loads((results / f"{name}.json").read_text()) for name in ("metrics", "data", "run"))
    points = [{"subjects": count, "int8": metrics["int8"], "stream": metrics["stream"]} for count in (1, 2, 4)]
    kept = {"data": data["hash"], "quick": run["quick"], "points": points}
    (results / "learning_curve.json").write_text(json.dumps(kept))
    assert "Learning curve" in page.write(results).read_text()
    (results / "learning_curve.json").write_text(json.dumps(kept | {"data": "other"}))
    assert "Learning curve" not in page.write(results).read_text()


def test_streams_on_a_board_are_shown_for_the_same_model_only(results):
    model = json.loads((results / "compiled.json").read_text())["model"]
    names = ("events", "windows", "asleep", "missed_deadlines", "lost_samples", "overruns", "dropped_frames")
    board = dict.fromkeys(names, 41_234) | {"saturated": [1, 2], "gate_duty": 0.125}
    kept = {"model": model, "on": "virtual-m3", "all": {"hours": 2.5}, "board": board}
    (results / "stream-virtual-m3.json").write_text(json.dumps(kept))
    text = page.write(results).read_text()
    assert all(figure in text for figure in ("virtual-m3", "41,234", "12.5 %"))
    (results / "stream-virtual-m3.json").write_text(json.dumps(kept | {"model": "another"}))
    assert "virtual-m3" not in page.write(results).read_text()


def test_the_models_among_which_one_was_chosen_are_shown(results):
    rows = [
        {"variant": name, "chosen": name == "mixture", "validation": {"merit": merit}, "test": {"more": {"auc": auc}}}
        for name, merit, auc in (("mixture", 0.98761, 0.91234), ("autoencoder", 0.5, 0.81234))
    ]
    (results / "candidates.json").write_text(json.dumps(rows))
    text = page.write(results).read_text()
    assert all(shown in text for shown in ("mixture (chosen)", "0.9876", "auc 0.9123", "autoencoder", "auc 0.8123"))


def test_a_network_that_is_no_classifier_has_losses_only(results):
    history = json.loads((results / "history.json").read_text())
    lean = {name: value for name, value in history.items() if name not in ("accuracy", "judged")}
    (results / "history.json").write_text(json.dumps(lean))
    text = page.write(results).read_text()
    assert "loss (varied windows)" in text
    assert "accuracy, % (varied windows)" not in text


def test_what_was_left_out_of_the_data_is_shown_with_its_reason_when_it_is_of_these_data(results):
    data = json.loads((results / "data.json").read_text())["hash"]
    doubt = {"file": "<b>.csv", "label": "x", "kind": "clipped", "text": "at its end"}
    left_out = {"file": "bad.csv", "reason": "cut short & gone"}
    told = {"data": data, "recordings": 9, "used": 8, "left_out": [left_out], "doubtful": [doubt]}
    (results / "data_quality.json").write_text(json.dumps(told))
    text = page.write(results).read_text()
    for words in ("8 of 9 recordings are used", "cut short &amp; gone", "&lt;b&gt;.csv", "1 clipped"):
        assert words in text
    (results / "data_quality.json").write_text(json.dumps(told | {"data": "others"}))
    assert "cut short" not in page.write(results).read_text()
