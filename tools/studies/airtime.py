#!/usr/bin/env python3
"""How long an update is on the air or on a wire, by arithmetic: `python tools/studies/airtime.py FILE.tmu ...`.

Nothing is measured. LoRa: the formula of Semtech's SX1276 data sheet (4.1.1.7), 125 kHz, coding rate 4/5, a preamble of
8 symbols, an explicit header and a checksum; LoRaWAN adds 13 bytes to each frame. BLE: one command and one answer in
each connection interval. Serial: 10 bits a byte.
"""

import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.link.frames import Frame
from ml.link.messages import Type
from ml.update.package import Update, read

LORAWAN = 13  # bytes that it adds
LEAST_OF_SF10 = 51  # bytes of payload that LoRaWAN allows with a spreading factor of 10 and more, in Europe
HEAD, CHECK = 8, 2  # of a frame of the link
INTERVAL_S = 0.03
DUTY = {"10 %": 0.1, "1 %": 0.01}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Sent:
    """Bytes of the link's frames to a board and of their answers, without those that a serial line adds."""

    commands: list[int]
    answers: list[int]


def sent(update: Update, block: int) -> Sent:
    """Manifest in parts, BEGIN, the blocks, FINISH, CONFIRM; nothing is lost on the way."""
    parts = _sizes(len(update.signed) + len(update.signature), block, 1 + 2)
    blocks = _sizes(len(update.payload), block, 1 + 4)
    commands = [HEAD + CHECK + size for size in [*parts, 1 + 2, *blocks, 1, 1]]
    answers = [HEAD + CHECK + 2 + more for more in [*[0] * len(parts), 8, *[4] * len(blocks), 0, 0]]
    return Sent(commands, answers)


def _sizes(total: int, block: int, head: int) -> list[int]:
    return [head + min(block, total - at) for at in range(0, total, block)]


def lora_s(size: int, factor: int) -> float:
    """Seconds on the air of `size` bytes with a spreading factor of 7 to 12."""
    slow = factor >= 11  # data rate optimisation
    symbols = 8 + max(0, ceil((8 * size - 4 * factor + 28 + 16) / (4 * (factor - 2 * slow))) * 5)
    return (8 + 4.25 + symbols) * 2**factor / 125_000


def serial_s(sizes: list[int], baud: int) -> float:
    """Seconds, with what COBS adds."""
    encoded = [len(Frame(Type.COMMAND, payload=bytes([1]) * (size - HEAD - CHECK)).encode()) for size in sizes]
    return sum(encoded) * 10 / baud


def rows(name: str, update: Update) -> list[str]:
    """Lines of a table."""
    large, small = sent(update, 240), sent(update, 48)
    lines = [
        f"| {name} | serial, 115,200 baud, blocks of 240 | {_time(serial_s(large.commands, 115_200))} | |",
        f"| | BLE, MTU 247, interval 30 ms, blocks of 224 | {_time(len(sent(update, 224).commands) * INTERVAL_S)} | |",
    ]
    for factor in (7, 9, 12):
        block = 32 if factor >= 10 else 48
        chosen = small if block == 48 else sent(update, block)
        assert factor < 10 or max(chosen.commands) <= LEAST_OF_SF10
        air, back = (sum(lora_s(size + LORAWAN, factor) for size in side) for side in (chosen.commands, chosen.answers))
        waits = ", ".join(f"{_time(air / share)} at {text}" for text, share in DUTY.items())
        lines.append(f"| | LoRa, SF{factor}, blocks of {block} | {_time(air)}, answers {_time(back)} | {waits} |")
    return lines


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
def airtime(files: tuple[Path, ...]) -> None:
    """Print a table of the time that these update files take on the air."""
    click.echo("| update | line | to the board | with a duty cycle |\n|---|---|---|---|")
    for path in files:
        update = read(path)
        click.echo("\n".join(rows(f"{path.stem}, {update.sent:,} B", update)))


if __name__ == "__main__":
    run_cli(airtime, "airtime.py")
