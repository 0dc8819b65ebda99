"""The pictures of docs/studio.md: every panel of the local page, in Chromium, with simulated people and two boards.

python tools/studies/studio_pictures.py            # writes docs/studio/*.png
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from ml.cli import run_cli
from ml.data.audio import write_audio
from ml.data.manifest import load
from ml.data.synthesis.takes import Plan, generate
from ml.errors import UserError
from ml.link.port import virtual_folder
from ml.link.sensor_bus import Player, Track
from ml.paths import ROOT
from ml.progress import echo

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SENSORS, GESTURES = "sensor_capture-host", "gesture_recognition-host"
FOLDER = ROOT / "docs" / "studio"
WIDE, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
SOUND_HZ, MOTION_HZ = 16000, 400
LONG_MS = 120_000
APP = "gesture_recognition"


def sound(seconds: float) -> np.ndarray:
    """int16 (n, 1): calls that rise and fall, in faint noise."""
    time = np.arange(round(seconds * SOUND_HZ)) / SOUND_HZ
    pitch = 900 + 500 * np.sin(2 * np.pi * 1.1 * time)
    call = np.sin(2 * np.pi * np.cumsum(pitch) / SOUND_HZ) * np.clip(np.sin(2 * np.pi * 0.7 * time), 0, 1) ** 2
    noise = np.random.default_rng(0).normal(0, 30, len(time))
    return (9000 * call + noise).astype(np.int16)[:, None]


def data_set(root: Path) -> None:
    """Two simulated people's gestures, and one recording of sound."""
    shutil.copytree(generate(Plan(people=3, repetitions=4, background_s=60), seed=5), root, dirs_exist_ok=True)
    write_audio(root / "calls.wav", sound(8)[:, 0], SOUND_HZ)
    names = (root / "manifest.csv").read_text().partition("\n")[0].split(",")
    row = {"file": "calls.wav", "label": "call", "subject": "bird", "sample_rate_hz": str(SOUND_HZ)}
    with (root / "manifest.csv").open("a") as file:
        file.write(",".join(row.get(name, "") for name in names) + "\n")


def start(environment: str) -> None:
    """As a user would, unless it runs."""
    if not (virtual_folder() / environment / "console").exists():
        command = [sys.executable, "-m", "platformio", "run", "-s", "-e", environment, "-t", "upload"]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise UserError(f"expected {environment} to be built and started, found an error; see above")


@contextlib.contextmanager
def served(root: Path, rig: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "ml", "studio", "--data", str(root), "--port", "0", "--rig", str(rig)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ})
    try:
        yield re.findall(r"http://\S+", process.stdout.readline() if process.stdout else "")[0]
    finally:
        process.terminate()
        process.wait(30)


def play(environment: str, tracks: dict[str, Track]) -> threading.Thread:
    """Into the board's sensors, at their own pace."""

    def run() -> None:
        with Player.open(environment) as player:
            player.play(tracks, realtime=True)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def go(page: Page, panel: str) -> None:
    page.evaluate(f"location.hash = '{panel}'")
    page.wait_for_selector(f"body[data-ready={panel}]")


def connect(page: Page, environment: str) -> None:
    go(page, "live")
    page.click("[aria-label='look for boards again']")
    page.wait_for_selector(f"#boards option[value={environment}]", state="attached")
    page.select_option("#boards", environment)
    page.click("#connect")
    page.wait_for_function(
        f"thimble.state.said?.open && thimble.state.said.port === '{environment}' && thimble.state.said.streams.length"
    )


def shoot(page: Page, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    page.evaluate("document.activeElement?.blur()")
    page.screenshot(path=FOLDER / f"{name}.png")
    echo(f"docs/studio/{name}.png")


def of_sensors(page: Page) -> None:
    connect(page, SENSORS)
    moved = np.arange(MOTION_HZ * 20) / MOTION_HZ
    axes = [1500 * np.sin(2 * np.pi * 1.2 * moved), 900 * np.cos(4 * np.pi * moved), 2048 + 600 * np.sin(7 * moved)]
    axes += [2000 * np.sin(np.pi * k * moved) for k in (1, 2, 3)]
    imu = np.stack(axes, 1).astype(np.int16)
    play(SENSORS, {"mic": Track(sound(20), 1000 * SOUND_HZ), "imu": Track(imu, 1000 * MOTION_HZ)})
    page.wait_for_timeout(8000)
    shoot(page, "live")
    go(page, "record")
    for name, value in {"labels": "wave, knock", "subject": "ann", "session": "first", "seconds": "0.5"}.items():
        page.fill(f"#record-{name}", value)
    page.fill("#record-repeat", "3")
    page.fill("#record-countdown", "0")
    page.click("#record-toggle")
    page.wait_for_function("document.querySelectorAll('#record-takes li').length === 3")
    shoot(page, "record")


def of_data(page: Page) -> None:
    go(page, "label")
    page.click("[data-file='calls.wav']")
    page.wait_for_selector("body[data-opened='calls.wav']")
    page.keyboard.press("c")
    page.wait_for_selector("[data-segment='2']")
    page.wait_for_selector("canvas[data-drawn=yes]")
    page.wait_for_timeout(1500)
    shoot(page, "label")
    go(page, "data")
    page.wait_for_selector("body[data-looked=yes]", timeout=LONG_MS)
    page.select_option("#map-app", APP)
    page.wait_for_selector("#map-said:has-text('last features')", timeout=LONG_MS)
    page.wait_for_timeout(500)
    shoot(page, "data")


def of_a_model(page: Page, root: Path) -> None:
    connect(page, GESTURES)
    go(page, "classify")
    take = next(one.recording for one in load(root, "imu").items if one.is_take and one.label != "none")
    playing = play(GESTURES, {"imu": Track(take.samples, take.rate_mhz)})
    page.wait_for_selector("#events button", timeout=LONG_MS)
    playing.join(12)
    shoot(page, "classify")
    go(page, "judge")
    page.select_option("#judge-app", APP)
    page.click("#judge-go")
    page.wait_for_selector("body[data-judged=yes]", timeout=LONG_MS)
    page.evaluate("document.querySelector('#threshold').value = 90; document.querySelector('#threshold').oninput()")
    page.wait_for_selector("#figures[data-threshold='90']")
    page.click("#confusion [data-cell='0,0']")
    page.wait_for_timeout(1000)
    shoot(page, "judge")
    go(page, "fleet")
    page.keyboard.press("a")
    page.wait_for_selector("[data-board=desk] td:text('answers')")
    shoot(page, "fleet")


def on_a_phone(browser: Browser, address: str) -> None:
    page = browser.new_context(viewport=PHONE, color_scheme="dark", bypass_csp=True).new_page()
    page.goto(address)
    connect(page, SENSORS)
    page.wait_for_timeout(4000)
    shoot(page, "phone")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def pictures() -> None:
    """Make the pictures of docs/studio.md."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise UserError("expected Chromium, found none; install it: python3 tools/setup.py --all")
    for environment in (SENSORS, GESTURES):
        start(environment)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        root, rig = Path(scratch) / "gestures", Path(scratch) / "rig.toml"
        data_set(root)
        rig.write_text(f'[[board]]\nname = "desk"\nkind = "virtual"\nport = "{GESTURES}"\n')
        with served(root, rig) as address:
            browser = driver.chromium.launch(executable_path=program, args=FLAGS)
            page = browser.new_context(viewport=WIDE, bypass_csp=True).new_page()
            page.set_default_timeout(LONG_MS)
            page.goto(address)
            of_sensors(page)
            of_data(page)
            of_a_model(page, root)
            on_a_phone(browser, address)
            browser.close()


if __name__ == "__main__":
    run_cli(pictures, "studio_pictures")
