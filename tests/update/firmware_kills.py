"""A virtual board that is killed while its firmware is patched: `python -m tests.update.firmware_kills --count 200`."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from pathlib import Path
from unittest import mock

import click

from ml.link.device import Device
from ml.link.messages import Phase
from ml.link.update import Updater
from ml.update.firmware import Program, read_program, sign_firmware
from ml.update.package import Update
from ml.update.sign import Release
from tests.firmware import Firmware, Running
from tests.update import signing
from tests.update.kills import Dying

BUILDS = ("first-of-two", "other-of-two")  # what firmware tells of itself


def renamed(program: Program, build: str, other: str) -> Program:
    """The same firmware whose build has another name of the same length."""
    assert len(build) == len(other) and build.encode() in program.data
    return dataclasses.replace(program, data=program.data.replace(build.encode(), other.encode()))


class Killed(Dying):
    """It must come back each time with a firmware that was confirmed, or is on trial."""

    def __init__(self, board: Running, seed: int, longest_s: float) -> None:
        super().__init__(board, seed, longest_s)
        flashed = read_program(board.image.program)
        self.programs = {BUILDS[0]: flashed, BUILDS[1]: renamed(flashed, *BUILDS)}
        self.confirmed = {0: BUILDS[0]}  # counter -> build
        self.sent: dict[int, Update] = {}

    def look(self, device: Device) -> str:
        status = Updater(device, firmware=True).status()
        assert self.counter <= status.counter and status.counter in self.confirmed, status
        trial = status.phase == Phase.TRIAL  # asked for, before the board died
        expected = self.confirmed[status.offered if trial else status.counter]
        build = device.asked().build
        assert build == expected, f"expected the firmware {expected}, found {build}"
        self.counter = status.counter
        return self.confirmed[status.counter]

    def offered(self, runs: str) -> Update:
        """A patch that makes the other firmware."""
        counter, other = self.counter + 1, next(name for name in self.programs if name != runs)
        if counter not in self.sent:
            release = Release(counter, f"v{counter}", 1)
            self.sent[counter] = sign_firmware(self.programs[other], self.programs[runs], signing.KEYS, release)
            self.confirmed[counter] = other
        return self.sent[counter]


def kills(app: str, count: int, folder: Path, seed: int = 0, longest_s: float = 4.0) -> int:
    """The counter that the board has reached."""
    with (
        mock.patch.dict(os.environ, SERVICE_BUILD=BUILDS[0]),  # lib/service/build_name.py
        Firmware(folder).running(f"{app}-virtual", folder / "board", signing.flags()) as running,
    ):
        killed = Killed(running, seed, longest_s)
        for _ in range(count):
            killed.once()
        running.restart()
        with Device.open(str(running.console)) as device:
            killed.look(device)
    return killed.counter


@click.command()
@click.option("--app", default="gesture_recognition", show_default=True)
@click.option("--count", type=click.IntRange(1), default=200, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--longest", type=click.FloatRange(0.1), default=4.0, show_default=True, help="Seconds until a kill.")
def main(app: str, count: int, seed: int, longest: float) -> None:
    """Kill the board while its firmware is patched; a firmware that is lost ends it with status 1."""
    with tempfile.TemporaryDirectory() as folder:
        reached = kills(app, count, Path(folder), seed, longest)
    click.echo(f"{app}: {count} kills, {reached} patches confirmed on the way, a good firmware behind each")


if __name__ == "__main__":
    main()
