"""Random sequences of commands against an application's firmware under sanitizers: valid, nearly valid, and damaged.

    python -m tests.service.sequences vibration_anomaly --seconds 3600

The layouts come from the table of the link (ml/link/numbers.py). Whatever a host sends, the board answers each command
once and in order, refuses what does not fit its layout, and an injection afterwards gives the scores of a fresh board.
"""

import random
import struct
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from ml.link.frames import Decoder, Frame
from ml.link.layout import Layout
from ml.link.messages import ALL, MODEL_INPUT, Command, Info, Learn, Refusal, Reply, Status, Type
from ml.link.numbers import ANSWERS, ARGUMENTS, LEARN_ANSWERS, LEARN_ARGUMENTS
from ml.link.payloads import parse_info, parse_reply
from ml.native.anomaly import Baseline
from tests.service.sanitized import APPS, Firmware, sanitized

Sequence = list[bytes]  # what goes over the line, piece after piece: a frame each, or what became of one
EDGES = [0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 765, 766, 767, 768, 32767, 32768, 65534, 65535, 2**31 - 1, 2**31]
EDGES += [2**32 - 2, 2**32 - 1]
FEATURES = 9  # of a window of vibration_anomaly
PHRASES = 40  # in a sequence


def command(number: int, args: bytes = b"", sequence: int = 0) -> bytes:
    return Frame(Type.COMMAND, sequence=sequence, payload=bytes([number]) + args).encode()


def values_at_once(info: Info) -> int:
    """int16 of whole rows that an INJECT takes."""
    channels = len(info.streams[0].channels) if info.streams else 1
    return (info.max_payload - 1) // (2 * channels) * channels


def recording(info: Info) -> Sequence:
    """An injection of noise that is still and loud by turns, so that a gate opens and closes. It is not ended."""
    chance, sent = np.random.default_rng(1), [command(Command.INJECT_BEGIN, bytes(4))]
    channels = len(info.streams[0].channels)
    rest = np.resize([0, 0, 2048, 0, 0, 0][:channels], values_at_once(info))  # without gravity nobody believes a sensor
    for part in range(64 if info.streams[0].name == "mic" else 16):
        loudest = 12000 if part // 8 % 2 else 20
        samples = (rest + chance.integers(-loudest, loudest, values_at_once(info))).astype("<i2")
        sent.append(command(Command.INJECT, samples.tobytes()))
    return sent


@dataclass(frozen=True)
class Maker:
    """Makes sequences for the board that introduced itself with `info`."""

    info: Info
    chance: random.Random

    def sequence(self) -> Sequence:
        kinds = [self.one, self.one, self.one, self.damaged, self.injection, self.stages, self.learning, self.forgery]
        return [piece for _ in range(PHRASES) for piece in self.chance.choice(kinds)()]

    def one(self) -> Sequence:
        """A command by itself; one in twenty has a number that none has."""
        number = self.chance.choice(list(Command)) if self.chance.random() < 0.95 else self.chance.randrange(256)
        return [
            command(number, self.arguments(ARGUMENTS.get(number, Layout(rest="more"))), self.chance.randrange(2**16))
        ]

    def arguments(self, layout: Layout) -> bytes:
        """That fit the layout, but for one time in eight."""
        values = [self.number(name, code) for name, code in zip(layout.names, layout.format[1:], strict=True)]
        made = struct.pack(layout.format, *values)
        if layout.rest is not None:
            made += self.chance.randbytes(self.chance.choice([0, 1, 2, 12, 100, 600, 763, 767 - layout.size]))
        if layout.names == ("operation",):
            made = made[:1] + self.arguments(LEARN_ARGUMENTS.get(made[0], Layout(rest="more")))
        if self.chance.random() < 1 / 8:
            return made[: self.chance.randrange(len(made) + 1)] + self.chance.randbytes(self.chance.randrange(3))
        return made[:767]

    def number(self, name: str, code: str) -> int:
        """Of a field: one that makes sense, or one at an edge."""
        model = self.info.model
        sensible = {
            "stream": [*range(len(self.info.streams)), ALL],
            "class": [*range(len(self.info.labels)), ALL],
            "layer": [*range(model.layers), MODEL_INPUT] if model else [0],
            "offset": [0, 4, model.input - 1 if model else 0],
            "count": [1, 16, model.output if model else 0],
            "rate": [0, 0, 0, 1000, 8_000_000, 2**31 - 1],
            "windows": [2 * FEATURES, 2 * FEATURES + 1, 600],
            "operation": list(Learn),
        }.get(name, range(256))
        value = self.chance.choice(sensible if self.chance.random() < 0.75 else EDGES)
        return value % 256 ** struct.calcsize(code)

    def damaged(self) -> Sequence:
        """A frame with bytes changed, lost, doubled or followed by noise."""
        piece = bytearray(self.one()[0])
        for _ in range(self.chance.randrange(1, 4)):
            at = self.chance.randrange(len(piece))
            piece[at : at + 1] = self.chance.randbytes(self.chance.randrange(3))
        return [bytes(piece) + self.chance.randbytes(self.chance.choice([0, 0, 1, 1000]))]

    def injection(self, least: int = 0) -> Sequence:
        """Samples in place of the sensor's, at any rate, not always ended."""
        rate = 0 if least else self.number("rate", "I")
        sent = [command(Command.INJECT_BEGIN, struct.pack("<I", rate))]
        for _ in range(least or self.chance.choice([1, 3, 12, 50] if rate == 0 else [1, 2])):
            sent.append(command(Command.INJECT, self.samples(values_at_once(self.info)).tobytes()))
        return sent + [command(Command.INJECT_END)] * self.chance.randrange(2)

    def samples(self, count: int) -> np.ndarray:
        """int16: still, loud, at the ends, or like a sensor's."""
        size = self.chance.choice([0, 100, 3000, 32767])
        made = np.random.default_rng(self.chance.randrange(2**32)).integers(-size - 1, size, count, np.int16, True)
        return np.where(made < 0, -32768, 32767).astype("<i2") if self.chance.random() < 0.1 else made.astype("<i2")

    def stages(self) -> Sequence:
        """Parity: a window through the layers, with a tensor read here and there."""
        layers = self.info.model.layers if self.info.model else 1
        sent = [command(self.chance.choice([Command.RUN_FRONTEND, Command.SELF_TEST]))]
        for layer in range(layers):
            sent.append(command(Command.RUN_LAYER, struct.pack("<H", layer)))
            if self.chance.random() < 0.3:
                sent.append(command(Command.READ_TENSOR, self.arguments(ARGUMENTS[Command.READ_TENSOR])))
        return sent[: self.chance.randrange(1, len(sent) + 1)]

    def learning(self) -> Sequence:
        """From injected windows, with something else in between."""
        sent = [command(Command.LEARN, struct.pack("<BI", Learn.BEGIN, self.number("windows", "I")))]
        sent += self.chance.choice([self.one, self.forgery, self.forgery, self.learn])() + self.injection(least=12)
        return sent + self.learn() + self.learn()

    def learn(self) -> Sequence:
        operation = self.chance.choice(list(Learn))
        return [command(Command.LEARN, bytes([operation]) + self.arguments(LEARN_ARGUMENTS[operation]))]

    def forgery(self) -> Sequence:
        """A baseline whose checksum is right and whose numbers are not, written whole or in part, and used."""
        model = self.info.model.hash if self.info.model else ""
        windows = self.samples(32 * FEATURES).astype(np.int8).reshape(32, FEATURES)
        raw = bytearray(bytes(Baseline.of(windows, model)))
        for _ in range(self.chance.randrange(4)):
            at = self.chance.choice([*range(0, 20, 4), 4 * self.chance.randrange(len(raw) // 4 - 1)])  # head or sums
            raw[at : at + 4] = (self.chance.choice([*EDGES, 2**32 - 2**14, 16384 * 32]) % 2**32).to_bytes(4, "little")
        raw[-4:] = zlib.crc32(raw[:-4]).to_bytes(4, "little")
        parts = [struct.pack("<BI", Learn.WRITE, at) + raw[at : at + 300] for at in range(0, len(raw), 300)]
        after = [bytes([self.chance.choice([Learn.USE, Learn.USE, Learn.KEEP, Learn.STOP, Learn.STATUS])])]
        return [
            command(Command.LEARN, bytes(part))
            for part in parts[: self.chance.randrange(1, 9)] + after * self.chance.randrange(3)
        ]


def run(firmware: Firmware, info: Info, sequence: Sequence) -> None:
    """Sends it; AssertionError where the board does not do as the document says."""
    decoder, waiting = Decoder(), []
    line = b""
    for piece in [*sequence, b"\0"]:
        line += piece
        sent = [item for item in decoder.feed(piece) if isinstance(item, Frame)]
        waiting += [one for one in sent if one.type == Type.COMMAND and 0 < len(one.payload) <= info.max_payload]
        restarts = bool(waiting) and waiting[-1].payload == bytes([Command.RESET_BOARD])
        if restarts or piece == b"\0":
            frames = firmware.exchange(line, len(waiting))
            _check(frames, waiting)
            if restarts:
                _wait_for_restart(firmware, frames)
            line, waiting = b"", []


def _wait_for_restart(firmware: Firmware, frames: list[Frame]) -> None:
    """The first frame of a board that has started is its introduction; it may have come with the last answer."""
    answered = max(place for place, frame in enumerate(frames) if frame.type == Type.REPLY)
    later = [frame for frame in frames[answered:] if frame.type == Type.INFO]
    while not later or later[-1].sequence:
        assert len(later) < 5, "expected the board to restart, found it running on"
        later.append(firmware.until(Type.INFO))
    assert parse_info(later[-1].payload).reset == "software"


def _check(frames: list[Frame], commands: list[Frame]) -> None:
    replies = [frame for frame in frames if frame.type == Type.REPLY]
    assert [one.sequence for one in replies] == [one.sequence for one in commands]
    for reply, asked in zip(replies, commands, strict=True):
        _check_reply(parse_reply(reply.payload), asked.payload[0], asked.payload[1:])
    for frame in frames:
        if frame.type == Type.INFO:
            assert parse_info(frame.payload).reset in ("power", "software"), "the board restarted by itself"


def _check_reply(reply: Reply, number: int, args: bytes) -> None:
    assert reply.command == number and reply.status in set(Status), reply
    if number not in ARGUMENTS:
        assert reply.status == Status.UNKNOWN, reply
        return
    if not ARGUMENTS[number].fits(len(args)):
        assert reply.status == Status.BAD_ARGUMENT, reply
    if reply.status == Status.OK:
        learnt = number == Command.LEARN
        answer = LEARN_ANSWERS[Learn(args[0])] if learnt else ANSWERS[Command(number)]
        assert not learnt or LEARN_ARGUMENTS[Learn(args[0])].fits(len(args) - 1), reply
        assert answer.fits(len(reply.data)), reply
    elif reply.status == Status.REFUSED:
        assert Command(number).name.startswith("UPDATE_"), reply
        assert len(reply.data) == 9 and reply.data[0] in set(Refusal), reply
    else:
        assert not reply.data, reply


def afresh(firmware: Firmware, info: Info) -> list[bytes]:
    """An injection from a fresh start and the self-test: answers, and the scores of each window."""
    scores = scores_stream(info)
    sent = [command(Command.PING, b"alive"), command(Command.STOP, bytes([ALL]))]
    if scores is not None:
        sent += [command(Command.LEARN, bytes([Learn.FORGET])), command(Command.START, bytes([scores]))]
        sent += recording(info)
        sent += [command(Command.INJECT_END), command(Command.STOP, bytes([ALL])), command(Command.SELF_TEST)]
    line = b"".join(sent)
    frames = firmware.exchange(line, len(sent))
    _check(frames, [item for item in Decoder().feed(line) if isinstance(item, Frame)])
    return [one.payload for one in frames if one.type == Type.REPLY or (one.type, one.stream) == (Type.DATA, scores)]


def scores_stream(info: Info) -> int | None:
    return next((one.id for one in info.streams if one.name == "scores"), None)


def attempt(app: str, sequence: Sequence) -> str:
    """What went wrong with a fresh board; "" where nothing did."""
    with tempfile.TemporaryDirectory() as folder, Firmware(sanitized(app), Path(folder)) as firmware:
        info = parse_info(firmware.until(Type.INFO).payload)
        expected = afresh(firmware, info)
        try:
            run(firmware, info, sequence)
            assert afresh(firmware, info) == expected, "a fresh start gives other scores than before"
        except AssertionError as error:
            return str(error) or "an answer is not as the document says"
    return ""


def introduced(app: str) -> Info:
    with tempfile.TemporaryDirectory() as folder, Firmware(sanitized(app), Path(folder)) as firmware:
        return parse_info(firmware.until(Type.INFO).payload)


def shortest(app: str, sequence: Sequence) -> Sequence:
    """A part of a failing sequence that fails as well, and of which no single piece can be left out."""
    size = len(sequence)
    while size:
        size //= 2
        for at in reversed(range(0, len(sequence), max(size, 1))):
            shorter = sequence[:at] + sequence[at + max(size, 1) :]
            if attempt(app, shorter):
                sequence = shorter
    return sequence


def described(sequence: Sequence) -> Iterator[str]:
    for piece in sequence:
        found = [item for item in Decoder().feed(piece) if isinstance(item, Frame)]
        number = found[0].payload[0] if found and found[0].payload else None
        name = Command(number).name if number in set(Command) else "?"
        yield f"{name:14} {piece.hex()}"


@click.command()
@click.argument("app", type=click.Choice(APPS))
@click.option("--seconds", default=60, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of the first sequence; the next ones count on.")
def main(app: str, seconds: int, seed: int) -> None:
    """Sequence after sequence, until one goes wrong or the time is over."""
    info, end, first = introduced(app), time.monotonic() + seconds, seed
    while time.monotonic() < end:
        sequence = Maker(info, random.Random(seed)).sequence()
        if wrong := attempt(app, sequence):
            lines = "\n".join(described(shortest(app, sequence)))
            raise SystemExit(f"seed {seed}: {wrong}\n{lines}")
        seed += 1
    click.echo(f"{app}: {seed - first} sequences, nothing found")


if __name__ == "__main__":
    main()
