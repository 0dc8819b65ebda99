"""What the local page costs: first paint, share of a core, frames in a hidden tab, ten hours of sound, memory.

pio run -e sensor_capture-host -t upload                       # the board that it measures with
python tools/studies/studio_bench.py --board sensor_capture-host --minutes 60
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playwright.sync_api import BrowserContext, Page, sync_playwright

from ml.capture.files import wav_header
from ml.cli import run_cli
from ml.errors import UserError
from ml.paths import ROOT
from ml.progress import echo

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
LOADS = 5
CPU_S, HIDDEN_S = 20.0, 20.0
HOURS, RATE = 10, 16000
MIB = 1 << 20


def long_recording(root: Path) -> None:
    """Ten hours of faint noise, and the manifest that names them."""
    noise = np.random.default_rng(0).normal(0, 200, 60 * RATE).astype("<i2").tobytes()
    with (root / "long.wav").open("wb") as file:
        file.write(wav_header(RATE, 2 * HOURS * 3600 * RATE))
        for _ in range(HOURS * 60):
            file.write(noise)
    (root / "manifest.csv").write_text(f"file,label,subject,sample_rate_hz\nlong.wav,noise,ann,{RATE}\n")


def started(root: Path, board: str) -> tuple[subprocess.Popen, str]:
    """The server with the board connected, and its address."""
    command = [sys.executable, "-m", "ml", "studio", "--data", str(root), "--port", "0", "--connect", board]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ})
    found = re.search(r"http://\S+", process.stdout.readline() if process.stdout else "")
    if found is None:
        raise UserError(f"expected the address of the page, found none; does {board} run? see the line above")
    return process, found[0]


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("thimble.state.said?.open && thimble.counted.messages > 10", timeout=60_000)
    return page


def first_paint(context: BrowserContext, address: str) -> None:
    times = []
    for _ in range(LOADS):
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("body[data-ready=live]")
        times.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        page.close()
    middle = sorted(times)[LOADS // 2]
    echo(f"first contentful paint: {middle:.0f} ms, {min(times):.0f} to {max(times):.0f}, {LOADS} loads")


def counts(page: Page) -> dict:
    return page.evaluate("({...thimble.counted, frames: thimble.state.frames})")


def share_of_a_core(process: psutil.Process, page: Page) -> None:
    before, counted = process.cpu_times(), counts(page)
    costs = []
    end = time.monotonic() + CPU_S
    while time.monotonic() < end:
        time.sleep(0.2)
        costs.append(page.evaluate("thimble.state.drawMs"))
    after, more = process.cpu_times(), counts(page)
    used = (after.user + after.system - before.user - before.system) / CPU_S
    messages, samples, frames = ((more[name] - counted[name]) / CPU_S for name in ("messages", "samples", "frames"))
    echo(f"server: {used:.1%} of a core at {messages:.0f} messages and {samples:.0f} samples a second")
    tenth, middle = np.quantile(costs, [0.1, 0.5])
    echo(f"page: {frames:.0f} pictures a second; one takes {middle:.1f} ms (one in ten {tenth:.1f} or less) of scripts")


def hidden(context: BrowserContext, page: Page) -> None:
    """Chromium without a screen hides no tab, but it freezes one, which is worse: no script runs meanwhile."""
    line, before = context.new_cdp_session(page), counts(page)
    line.send("Page.setWebLifecycleState", {"state": "frozen"})
    time.sleep(HIDDEN_S)
    line.send("Page.setWebLifecycleState", {"state": "active"})
    time.sleep(HIDDEN_S / 4)
    after = counts(page)
    samples, missing, lost = (after[name] - before[name] for name in ("samples", "missing", "lost"))
    echo(f"tab frozen for {HIDDEN_S:g} s: {samples} samples came, {missing} messages missing, {lost} samples lost")


def ten_hours(page: Page) -> None:
    page.evaluate("location.hash = 'label'")
    page.wait_for_selector("#recordings button", state="attached")
    took = page.evaluate(
        "(async () => { const began = performance.now(); const of = {file: 'long.wav'};"
        "const info = await (await fetch('/api/label/open?' + new URLSearchParams(of))).json();"
        "const range = {...of, start: 0, end: info.samples, width: 1000};"
        "await (await fetch('/api/label/peaks?' + new URLSearchParams(range))).arrayBuffer();"
        "return [performance.now() - began, info.seconds]; })()"
    )
    began = time.monotonic()
    asked = "fetch('/api/label/open?file=long.wav').then((one) => one.json()).then((one) => one.exact)"
    while not page.evaluate(asked):
        time.sleep(0.1)
    later = time.monotonic() - began
    echo(f"{took[1] / 3600:g} hours of sound: on the timeline after {took[0]:.0f} ms, exact after {later:.1f} s more")
    page.evaluate("location.hash = 'live'")


def memory(process: psutil.Process, context: BrowserContext, page: Page, minutes: float) -> None:
    line, end = context.new_cdp_session(page), time.monotonic() + 60 * minutes
    seen = []
    while True:
        line.send("HeapProfiler.collectGarbage")
        heap = line.send("Runtime.getHeapUsage")["usedSize"] / MIB
        seen.append((process.memory_info().rss / MIB, heap))
        echo(f"  server {seen[-1][0]:.1f} MiB, page {heap:.2f} MiB")
        if time.monotonic() >= end:
            break
        time.sleep(min(60.0, max(0.0, end - time.monotonic())))
    (server, heap), (server_end, heap_end) = seen[min(len(seen) - 1, 2)], seen[-1]  # after two minutes caches are full
    told = f"server {server:.1f} to {server_end:.1f} MiB, page {heap:.2f} to {heap_end:.2f} MiB"
    echo(f"memory over {minutes:g} minutes: {told}")
    found = counts(page)
    echo(f"{found['messages']} messages, {found['missing']} missing; {found['lost']} samples lost")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--board", default="sensor_capture-host", show_default=True, help="A board that runs.")
@click.option("--minutes", default=5.0, show_default=True, help="How long memory is watched.")
def bench(board: str, minutes: float) -> None:
    """Measure the local page."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise UserError("expected Chromium, found none; install it: python3 tools/setup.py --all")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        long_recording(Path(scratch))
        process, address = started(Path(scratch), board)
        try:
            browser = driver.chromium.launch(executable_path=program, args=FLAGS)
            context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
            first_paint(context, address)
            page, server = opened(context, address), psutil.Process(process.pid)
            share_of_a_core(server, page)
            hidden(context, page)
            memory(server, context, page, minutes)
            ten_hours(page)
            browser.close()
        finally:
            process.terminate()
            process.wait(30)


if __name__ == "__main__":
    run_cli(bench, "studio_bench")
