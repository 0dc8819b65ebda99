"""A board's signals are seen, and takes are recorded, in a browser."""

import csv
import time

import numpy as np
from studio_server import BOARD, Served

from ml.data.manifest import load


def rows(served: Served) -> list[dict[str, str]]:
    with (served.data / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def fill(page, **fields) -> None:
    for name, value in fields.items():
        page.fill(f"#record-{name}", str(value))


def test_every_stream_of_a_board_is_drawn_with_its_rate_and_level(connected):
    connected.wait_for_function("document.querySelectorAll('#streams canvas').length >= 4 && thimble.state.frames > 20")
    said = connected.evaluate("thimble.state.said")
    assert (said["app"], said["board"], said["wrong"]) == ("sensor_capture", "host", [])
    rates = {stream["name"]: stream["found_hz"] for stream in said["streams"]}
    assert {"imu", "mic", "accel"} <= set(rates)
    assert rates["imu"] > 100 and rates["mic"] > 4000
    assert "Hz" in connected.inner_text("[data-stream=mic] h2")


def test_what_is_played_into_the_sensors_is_on_the_meters(connected, served, board):
    from ml.link.sensor_bus import Player, Track  # noqa: PLC0415

    loud = np.where(np.arange(8000) // 20 % 2, 32767, -32768).astype(np.int16)
    with Player.open(str(board.console)) as player:
        player.play({"mic": Track(loud[:, None], 16_000_000)}, realtime=True)
    connected.wait_for_selector("[data-stream=mic] .meter.clipped")
    assert "CLIPPED" in connected.inner_text("[data-stream=mic] h2")


def test_ten_takes_are_recorded_by_keyboard_alone(connected, served):
    connected.keyboard.press("Alt+2")
    connected.wait_for_selector("body[data-ready=record]")
    connected.keyboard.press("l")
    connected.keyboard.type("wave, knock")
    fill(connected, subject="ann", session="first", seconds=0.3, repeat=5, countdown=0)
    connected.locator("#record-licence").press("Enter")
    for number, label in enumerate(("1", "2")):
        connected.keyboard.press(label)
        connected.wait_for_selector(f"#record-labels button:nth-child({label})[aria-pressed=true]")
        connected.keyboard.press(" ")
        connected.wait_for_function(f"document.querySelectorAll('#record-takes li').length === {5 * (number + 1)}")
    found = [row for row in rows(served) if row["sensor"] == "imu" and row["session"] == "first"]
    assert [row["label"] for row in found] == ["wave"] * 5 + ["knock"] * 5
    assert {(row["status"], row["samples"], row["subject"], row["board"]) for row in found} == {
        ("whole", "120", "ann", "host")
    }
    assert len(load(served.data, "imu").items) + len(load(served.data, "imu").left_out) >= 10
    connected.keyboard.press("d")
    connected.wait_for_function("document.querySelector('#record-takes li').textContent.includes('discarded')")
    assert len([row for row in rows(served) if row["sensor"] == "imu" and row["session"] == "first"]) == 9


def test_a_name_that_tools_collect_refuses_is_refused_in_one_line(connected, served):
    connected.evaluate("location.hash = 'record'")
    connected.wait_for_selector("body[data-ready=record]")
    fill(connected, labels="../up", subject="ann", session="first", seconds=1)
    connected.click("#record-sit")
    connected.wait_for_selector("#notice:not([hidden])")
    assert "expected a label of letters" in connected.inner_text("#notice")
    assert not (served.data.parent / "up").exists()


def test_two_pages_see_one_recording_and_end_it(connected, context, served, board):
    second = context.new_page()
    second.goto(served.address + "#record")
    second.wait_for_selector("body[data-ready=record]")
    second.wait_for_function("thimble.state.said?.open")
    before = len(rows(served))
    fill(second, labels="long", subject="bob", session="two", seconds=0, countdown=0)
    second.click("#record-toggle")
    connected.wait_for_function("thimble.state.said.recording")
    connected.evaluate("fetch('/api/record/toggle', {method: 'POST'})")
    second.wait_for_function("!thimble.state.said.recording && thimble.state.said.takes === 1")
    added = rows(served)[before:]
    assert {row["status"] for row in added} == {"whole"} and {row["label"] for row in added} == {"long"}
    second.close()


def test_a_hidden_tab_loses_no_frame(connected, context):
    """Chromium without a screen hides no tab, but it freezes one: no script runs at all meanwhile. The board's streams
    together are more than 32 kB/s."""
    line = context.new_cdp_session(connected)
    before = connected.evaluate("({...thimble.counted})")
    line.send("Page.setWebLifecycleState", {"state": "frozen"})
    time.sleep(3)
    line.send("Page.setWebLifecycleState", {"state": "active"})
    connected.wait_for_function(f"thimble.counted.samples > {before['samples'] + 40_000}", polling=200)
    after = connected.evaluate("({...thimble.counted})")
    assert (after["missing"], after["lost"]) == (before["missing"], before["lost"])


def test_a_board_that_is_disconnected_leaves_the_folder_free(connected, served, ml, board):
    connected.evaluate("location.hash = 'live'")
    connected.wait_for_selector("body[data-ready=live]")
    connected.keyboard.press("d")
    connected.wait_for_function("!thimble.state.said.open")
    assert BOARD in connected.inner_text("#boards")
    from ml.capture.manifest import Manifest  # noqa: PLC0415

    Manifest(served.data).close()
