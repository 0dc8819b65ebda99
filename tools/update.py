#!/usr/bin/env python3
"""Gives boards in the field another model or firmware, signed by `python -m ml pack --sign`.

    python tools/update.py --port /dev/ttyACM0 --image gesture_recognition.tmu
    python tools/update.py --rig rig.toml --image gesture_recognition.tmu     # all boards of a file (docs/rig.md)
    python tools/update.py status --port virtual                              # which model runs
    python tools/update.py revert --port virtual                              # back to the one before
    python tools/update.py status --firmware --port virtual                   # of the firmware itself

It may be interrupted: the same command goes on from there. docs/update.md says what a board checks. Exit status: 0 all
boards have it, 1 an error.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict, Unpack

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ml.cli import run_cli
from ml.errors import UserError
from ml.link.update import BLOCK, Updater
from ml.progress import echo, say
from ml.update import keys
from ml.update.package import Update, read
from tools.updating.boards import Board, Fleet, Outcome, named
from tools.updating.telling import Teller, state

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Given(TypedDict):
    """The command line, as click hands it over."""

    action: str
    ports: tuple[str, ...]
    rig: Path | None
    boards: tuple[str, ...]
    image: Path | None
    key: str | None
    block: int
    at_once: int
    firmware: bool


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("action", type=click.Choice(["send", "status", "revert", "abort"]), default="send")
@click.option("--port", "ports", multiple=True, metavar="NAME",
              help="Device, virtual or socket://HOST:PORT; also several. Default: the only board.")  # fmt: skip
@click.option("--rig", type=FILE, help="All boards of this file; docs/rig.md describes it.")
@click.option("--board", "boards", multiple=True, metavar="NAME", help="Of --rig only this board; also several.")
@click.option("--image", type=FILE, help="Update file (.tmu) that is sent.")
@click.option(
    "--key", metavar="KEYS", help="Product, or file of its keys, that must have signed: checked before it is sent."
)
@click.option("--block", type=click.IntRange(8, 256), default=BLOCK, show_default=True,
              help="Bytes of a block, a multiple of 8; 48 fits LoRa and BLE.")  # fmt: skip
@click.option("--firmware", is_flag=True, help="status, revert: of the firmware itself, not of the model.")
@click.option("--at-once", type=click.IntRange(1, 64), default=8, show_default=True, help="Boards at the same time.")
def update(**given: Unpack[Given]) -> None:
    """Send an update, or ask for the state of a board's slots, go back to the image before, or give one up."""
    sent = _checked(given)
    app = sent.manifest.app if sent else None
    boards = named(given["boards"] if given["rig"] else given["ports"], given["rig"], app)
    with Teller() as teller:
        fleet = Fleet(boards, teller.hear, given["at_once"])
        outcomes = [_said(one, len(boards)) for one in fleet.each(_job(fleet, given, sent))]
    failed = [one for one in outcomes if one.error]
    if len(boards) == 1 and failed:
        raise UserError(failed[0].error)
    if len(boards) > 1:
        echo(f"{len(boards) - len(failed)} of {len(boards)} boards are done")
    sys.exit(1 if failed else 0)


def _checked(given: Given) -> Update | None:
    """The update that is sent; UserError for a command line that makes no sense, before any board is touched."""
    if given["ports"] and given["rig"]:
        raise UserError("expected --port or --rig, found both; a board of --rig is named by --board")
    if given["boards"] and not given["rig"]:
        raise UserError("expected --rig beside --board, found none; name a port with --port")
    if given["block"] % 8:
        raise UserError(f"expected a multiple of 8 bytes as --block, found {given['block']}; 48 and 240 are such")
    if given["action"] != "send":
        if given["image"] or given["key"]:
            raise UserError(f"expected no --image and no --key for {given['action']}, found one; leave it out")
        return None
    if given["image"] is None:
        raise UserError("expected --image with an update file, found none; make one with: python -m ml pack APP --sign")
    sent = read(given["image"])
    if given["key"]:
        keys.read(given["key"]).verify(sent)
    return sent


def _job(fleet: Fleet, given: Given, sent: Update | None) -> Callable[[Board], str]:
    """What is done with each board; it returns a line."""
    if sent:
        return lambda board: fleet.install(board, sent, given["block"])

    def do(board: Board) -> str:
        with fleet.opened(board, None) as device:
            updater = Updater(device, firmware=given["firmware"])
            if given["action"] == "revert":
                updater.revert()
            if given["action"] == "abort":
                updater.abort()
            return state(device.asked(), updater.status(), given["firmware"])

    return do


def _said(outcome: Outcome, boards: int) -> Outcome:
    """Prints it: results on stdout, errors of several boards on stderr as they come."""
    if outcome.line:
        echo(f"{outcome.name}: {outcome.line}")
    elif boards > 1:
        say(f"{outcome.name}: {outcome.error}")
    return outcome


if __name__ == "__main__":
    run_cli(update, "update.py")
