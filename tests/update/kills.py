"""A virtual board that is killed again and again while it is updated: `python -m tests.update.kills --count 200`."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import tempfile
import threading
from pathlib import Path

import click

from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import NO_SLOT, Command, Phase
from ml.link.update import Updater
from ml.update.package import Update
from tests.firmware import Firmware, Running, emulator_control
from tests.update import signing


class Dying:
    """One board through many deaths."""

    def __init__(self, board: Running, seed: int, longest_s: float) -> None:
        self.board, self.chance, self.longest_s = board, random.Random(seed), longest_s
        self.counter = 0  # reached so far

    def once(self) -> None:
        """Starts, looks, updates, dies."""
        self.board.restart()
        with Device.open(str(self.board.console)) as device:
            update = self.offered(self.look(device))
            killer = threading.Timer(self.chance.uniform(0.0, self.longest_s), kill, [self.board])
            killer.start()
            with contextlib.suppress(UserError, OSError):
                for _ in Updater(device).install(update):
                    pass
            killer.join()

    def look(self, device: Device) -> str:
        """What runs, behind whatever death; AssertionError where it must not."""
        raise NotImplementedError

    def offered(self, runs: str) -> Update:
        """The next update for what runs."""
        raise NotImplementedError


class Killed(Dying):
    """It must come back each time with a model that was confirmed."""

    def __init__(self, board: Running, app: str, seed: int, host: bool, longest_s: float) -> None:
        super().__init__(board, seed, longest_s)
        first = signing.packed(app, host)
        self.images = (first, signing.renamed(first))
        self.confirmed: dict[int, bytes] = {0: b""}  # counter -> digest
        self.images_of: dict[str, bytes] = {}  # digest, in hex -> image

    def look(self, device: Device) -> str:
        status = Updater(device).status()
        assert status.phase != Phase.TRIAL, "expected the trial to be over, found it going on"
        assert status.counter in self.confirmed, f"expected a counter that was offered, found {status.counter}"
        assert status.counter >= self.counter, f"expected {self.counter} or more, found {status.counter}"
        expected = self.confirmed[status.counter]
        assert status.digest == expected, "expected the confirmed image, found another"
        assert (status.running == NO_SLOT) == (not expected)
        found, wanted = device.numbers(Command.SELF_TEST, "<II")
        assert found == wanted, "expected a model that passes its self-check, found another"
        self.counter = status.counter
        return status.digest.hex()

    def offered(self, runs: str) -> Update:
        """The other image, whole or as what changed."""
        base = self.images_of.get(runs)
        image = next(one for one in self.images if one.data != base)
        update = signing.signed(image, self.counter + 1, base=self.chance.choice([None, base]), trial=1)
        self.confirmed[self.counter + 1] = update.manifest.digest
        self.images_of[update.manifest.digest.hex()] = image.data
        return update


def kill(board: Running) -> None:
    """Its emulator, as no program can hinder it."""
    found = emulator_control.running(board.folder)
    if found:
        os.kill(found.pid, signal.SIGKILL)


def kills(app: str, board: str, count: int, folder: Path, seed: int = 0, longest_s: float = 4.0) -> int:
    """The counter that the board has reached."""
    firmware = Firmware(folder)
    workspace = folder / "board"
    with firmware.running(f"{app}-{board}", workspace, signing.flags()) as running:
        killed = Killed(running, app, seed, board == "host", longest_s)
        for number in range(1, count + 1):
            killed.once()
            if number % 10 == 0:
                print(f"{app}: {number} kills, counter {killed.counter}", file=sys.stderr, flush=True)
        running.restart()
        with Device.open(str(running.console)) as device:
            killed.look(device)
    return killed.counter


@click.command()
@click.option("--app", default="gesture_recognition", show_default=True)
@click.option("--board", type=click.Choice(["virtual", "virtual-m3", "host"]), default="virtual", show_default=True)
@click.option("--count", type=click.IntRange(1), default=200, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--longest", type=click.FloatRange(0.1), default=4.0, show_default=True, help="Seconds until a kill.")
def main(app: str, board: str, count: int, seed: int, longest: float) -> None:
    """Kill the board while it is updated; a model that is lost ends it with status 1."""
    with tempfile.TemporaryDirectory() as folder:
        reached = kills(app, board, count, Path(folder), seed, longest)
    click.echo(f"{app} on {board}: {count} kills, {reached} updates confirmed on the way, a good model behind each")


if __name__ == "__main__":
    main()
