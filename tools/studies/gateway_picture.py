#!/usr/bin/env python3
"""Makes the picture of the gateway's page: docs/gateway/page.png, with simulated nodes.

python tools/studies/gateway_picture.py
"""

import re
import shutil
import socket
import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.errors import UserError
from ml.paths import ROOT
from ml.progress import echo
from tools.simulated.fleet import Fleet
from tools.simulated.nodes import Weather
from tools.simulated.sink import Sink
from tools.simulated.trials import free_port, gateway

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
OUT = ROOT / "docs" / "gateway" / "page.png"
NODES, RATE, SECONDS = 60, 20.0, 20.0


@click.command()
def picture() -> None:
    """Write it."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise UserError("expected Chromium, found none; install it with: python3 tools/setup.py --all")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    sink = Sink()
    page_port = free_port(socket.SOCK_STREAM)
    more = f'[page]\nlisten = "127.0.0.1:{page_port}"\n[[board]]\nname = "press"\nport = "/dev/press"\n'
    with gateway(NODES, sink, more) as started, sync_playwright() as driver:
        fleet = Fleet(started.keys, RATE, [started.udp], Weather())
        for _ in fleet.run(SECONDS):
            pass
        address = re.search(r"http://\S+token=\S+", (started.folder / "gateway.log").read_text())
        assert address, "the gateway prints it"
        page = driver.chromium.launch(executable_path=program, args=FLAGS).new_page(
            viewport={"width": 1100, "height": 560}
        )
        page.goto(address[0])
        page.wait_for_selector("body[data-ready=yes]")
        page.screenshot(path=str(OUT))
        fleet.close()
    sink.close()
    echo(f"wrote {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    run_cli(picture, "gateway_picture.py")
