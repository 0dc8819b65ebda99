"""How long an update takes on an emulated Cortex-M4 behind a line of 115,200 baud: `python -m tests.update.timing`."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

from ml.cli import run_cli
from ml.link.device import Device
from ml.link.update import Updater
from tests.firmware import Firmware
from tests.update import signing
from tests.update.line import TO_BOARD, TO_HOST, Line


@dataclass(frozen=True)
class Timed:
    """Seconds of the host's time; bytes on the line with all that the link adds."""

    app: str
    image: int  # bytes
    block: int
    delivered_s: float  # until the board has checked the image and the trial begins
    confirmed_s: float
    sent: int
    answered: int


def timed(app: str, block: int, baud: int, trial: int, folder: Path) -> Timed:
    """A whole update of a board that has started."""
    update = signing.update(app, counter=1, trial=trial)
    with (
        Firmware(folder / "firmware").running(f"{app}-virtual", folder, signing.flags()) as board,
        Line(board.console, baud) as line,
        Device.open(line.port) as device,
    ):
        for _ in range(3):  # what it says at its start is out
            device.ping()
        delivered, before = 0.0, list(line.bytes)
        began = time.monotonic()
        for step in Updater(device, block).install(update):
            if step.stage == "try" and not delivered:
                delivered = time.monotonic() - began
                carried = [now - then for now, then in zip(line.bytes, before, strict=True)]
        confirmed = time.monotonic() - began
    return Timed(app, len(update.payload), block, delivered, confirmed, carried[TO_BOARD], carried[TO_HOST])


@click.command()
@click.argument("apps", nargs=-1)
@click.option("--block", "blocks", type=click.IntRange(8, 256), multiple=True, default=[240, 48], show_default=True)
@click.option("--baud", type=click.IntRange(300), default=115_200, show_default=True)
@click.option("--trial", type=click.IntRange(1, 65535), default=2, show_default=True, help="Windows.")
def main(apps: tuple[str, ...], blocks: tuple[int, ...], baud: int, trial: int) -> None:
    """Time whole updates of these applications."""
    for app in apps or ("gesture_recognition", "keyword_spotting"):
        for block in blocks:
            with tempfile.TemporaryDirectory() as folder:
                one = timed(app, block, baud, trial, Path(folder))
            click.echo(
                f"{one.app}: {one.image:,} B in blocks of {one.block}: {one.delivered_s:.1f} s until the trial, "
                f"{one.confirmed_s:.1f} s until it is confirmed; {one.sent:,} B to the board, {one.answered:,} B back"
            )


if __name__ == "__main__":
    run_cli(main, "tests.update.timing")
