"""Data is looked at, a model is judged, and what is wrong becomes data, in a browser."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from studio_server import serve

from ml.data.manifest import load
from ml.data.synthesis.takes import Plan, generate
from ml.link.sensor_bus import Player, Track

APP = "gesture_recognition"
BOARD = f"{APP}-host"


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Path:
    """Two simulated people, with an exact copy and a wrong label among their recordings."""
    root = tmp_path_factory.mktemp("people") / "set"
    shutil.copytree(generate(Plan(people=2, repetitions=2, background_s=30), seed=5), root)
    return root


@pytest.fixture(scope="module")
def own_workspace(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("judging")


@pytest.fixture(scope="module")
def gesture_board(firmware, own_workspace):
    with firmware.running(BOARD, own_workspace) as running:
        yield running


@pytest.fixture(scope="module")
def served(people, own_workspace, gesture_board):
    made = serve(people, own_workspace, "--connect", BOARD)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def evaluated(ml, people) -> dict:
    return json.loads(ml("evaluate", APP, "--data", people, "--json").stdout)


def show(page, panel: str):
    page.evaluate(f"location.hash = '{panel}'")
    page.wait_for_selector(f"body[data-ready={panel}]")


@pytest.fixture
def judged(page, people):
    show(page, "judge")
    page.wait_for_selector("#judge-app option", state="attached")
    page.select_option("#judge-app", APP)
    page.keyboard.press("Escape")
    page.click("#judge-go")
    page.wait_for_selector("body[data-judged=yes]", timeout=120_000)
    return page


def test_the_address_of_the_demo_shows_its_run_judged(context, served):
    """`--judge APP` puts it behind the address."""
    page = context.new_page()
    page.goto(f"{served.address}#judge/{APP}")
    page.wait_for_selector("body[data-judged=yes]", timeout=120_000)
    assert page.input_value("#judge-app") == APP and "found" in page.inner_text("#figures")
    page.close()


def test_a_cell_of_the_confusion_lists_and_plays_its_recordings(judged, evaluated):
    counts = np.array(evaluated["recordings"]["confusion"])
    shown = judged.evaluate(
        "[...document.querySelectorAll('#confusion [data-cell]')].map((one) => +one.textContent || 0)"
    )
    assert shown == counts.ravel().tolist()
    truth, answer = (int(one) for one in np.argwhere(counts)[0])
    judged.click(f"[data-cell='{truth},{answer}']")
    judged.wait_for_function("thimble.playing")
    files = judged.evaluate("[...document.querySelectorAll('#cell button')].map((one) => one.dataset.file)")
    assert len(files) == counts[truth, answer]
    assert judged.evaluate("thimble.playing.file") == files[0]


def test_the_sliders_figures_are_those_of_ml_evaluate(judged, evaluated):
    of, everything = evaluated["streams"]["trade_off"], evaluated["streams"]["all"]
    figures = judged.evaluate("({...document.querySelector('#figures').dataset})")
    assert (int(figures["hits"]), int(figures["wrong"])) == (everything["hits"], everything["false_detections"])
    for threshold in (60, 128, 250):
        judged.evaluate(
            f"(() => {{ const one = document.querySelector('#threshold'); one.value = {threshold}; one.oninput(); }})()"
        )
        judged.wait_for_selector(f"#figures[data-threshold='{threshold}']")
        figures = judged.evaluate("({...document.querySelector('#figures').dataset})")
        assert [threshold, int(figures["hits"]), int(figures["wrong"])] == of["points"][threshold]
        told = judged.evaluate(f"fetch('/api/judge/timeline?threshold={threshold}').then((one) => one.json())")
        assert [threshold, told["hits"], told["false"]] == of["points"][threshold]


def test_the_slider_writes_thresholds_that_the_board_then_has(judged, gesture_board):
    judged.wait_for_function("thimble.state.said?.open && thimble.state.said.streams.length")
    judged.evaluate("(() => { const one = document.querySelector('#threshold'); one.value = 201; one.oninput(); })()")
    judged.wait_for_selector("#figures[data-threshold='201']")
    judged.keyboard.press("w")
    judged.wait_for_selector("body[data-thresholds]")
    thresholds = judged.evaluate("fetch('/api/classify').then((one) => one.json())")["thresholds"]
    assert set(thresholds) == {201} and judged.get_attribute("body", "data-thresholds") == " ".join(
        map(str, thresholds)
    )


def test_a_false_alarm_becomes_a_negative_with_one_key(judged, people):
    judged.evaluate("(() => { const one = document.querySelector('#threshold'); one.value = 40; one.oninput(); })()")
    judged.wait_for_selector("#figures[data-threshold='40']")
    judged.wait_for_selector("#alarms [data-alarm]")
    judged.keyboard.press("ArrowDown")
    judged.keyboard.press("n")
    judged.wait_for_selector("body[data-negative]")
    file = judged.get_attribute("body", "data-negative")
    (item,) = [one for one in load(people, "imu").items if one.file == file]
    assert item.label == "none" and 0.5 < item.recording.seconds <= 3.1
    assert item.more["note"].startswith("false alarm ")


def test_findings_are_shown_on_their_recordings_and_a_point_of_the_map_plays(page, people):
    first = next(one for one in load(people, "imu").items if not one.is_take)
    shutil.copy(people / first.file, people / "copy.csv")
    row = {"file": "copy.csv", "label": first.label, "subject": first.subject}
    row["sample_rate_hz"] = str(first.recording.rate_mhz / 1000)
    names = (people / "manifest.csv").read_text().partition("\n")[0].split(",")
    with (people / "manifest.csv").open("a") as manifest:  # another program's hand
        manifest.write(",".join(row.get(name, "") for name in names) + "\n")
    show(page, "data")
    page.wait_for_selector("body[data-looked=yes]", timeout=120_000)
    page.wait_for_selector("#findings [data-kind=duplicate]")
    page.wait_for_function("+document.body.dataset.points > 20", timeout=120_000)
    page.click("#findings [data-kind=duplicate]")
    page.wait_for_function("thimble.playing")
    assert "copy.csv" in page.inner_text("#findings [aria-current=true]") + page.evaluate("thimble.playing.file")
    with page.expect_response("**/api/data/map*", timeout=120_000) as answer:
        page.select_option("#map-app", APP)
    told = answer.value.json()
    assert told["what"].startswith("the network's last features") and len(told["points"]) > 100
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"thimble.playing?.file === {told['points'][0]['file']!r}")


def test_scores_events_and_telemetry_are_the_boards_and_what_was_wrong_becomes_a_take(page, gesture_board, people):
    show(page, "classify")
    page.wait_for_function("thimble.state.said?.open")
    page.evaluate("fetch('/api/judge/thresholds', {method: 'POST', body: JSON.stringify({threshold: 60})})")
    take = next(one for one in load(people, "imu").items if one.is_take and one.label != "none")
    with Player.open(str(gesture_board.console)) as player:
        player.play({"imu": Track(take.recording.samples, take.recording.rate_mhz)}, realtime=True)
    page.wait_for_selector("#scores canvas")
    page.wait_for_selector("#events button")
    page.wait_for_selector("#telemetry td:text('stack at the deepest')")
    assert int(page.inner_text("#telemetry tr:has-text('windows') td:nth-child(2) >> nth=0")) > 10
    page.fill("#wrong-label", "none")
    page.keyboard.press("Escape")
    with page.expect_response("**/api/classify/wrong") as answered:  # what the page says of it goes away by itself
        page.keyboard.press("w")
    assert answered.value.ok, answered.value.text()
    kept = [one for one in load(people, "imu").items if one.session == "that_was_wrong"]
    assert [(one.label, round(one.recording.seconds, 1)) for one in kept] == [("none", 3.0)]


def test_a_training_is_started_shows_its_lines_and_is_stopped(page):
    show(page, "judge")
    page.wait_for_selector("#judge-app option", state="attached")
    page.select_option("#judge-app", APP)
    page.check("#quick")
    page.click("#train")
    page.wait_for_selector("body[data-job=running]")
    assert f"run {APP}: running" in page.inner_text("#job-log")
    page.click("#stop")
    page.wait_for_selector("body[data-job='1'], body[data-job='-2']", timeout=60_000)
