#!/usr/bin/env python3
"""What a second, larger model at the gateway saves: gestures, the committed network on the board, and a network of
twenty times its size behind it.

python tools/studies/cascade.py --data ../shared/data/gesture/uhh --other ../shared/data/falls/waist20

--data: people of whom the last was never shown to the committed model. The second model learns from the others and from
simulated people, once; it is kept in --out. Both are judged by the last one, by other simulated people, and by --other,
recordings in which every event is false. The board's events, bytes and thresholds are those of its C code.
"""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
import numpy as np
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compress import quantise
from ml.data.manifest import Dataset, Wanted, load
from ml.data.split import by_subject
from ml.data.streams import Stream
from ml.data.synthesis import Plan, generate
from ml.evaluate.streams import Detection, Scored, Tally, detect, match, spans, tally
from ml.gesture_recognition.app import GestureRecognition
from ml.gesture_recognition.presentation import at_rest_around
from ml.link.datagram import DOWN, KEY, UP, Datagram, seal
from ml.link.frames import Frame
from ml.link.messages import Command, Event, Type
from ml.link.numbers import ANSWERS, ARGUMENTS
from ml.native.decide import DecideConfig, decide
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.progress import console, say, track
from ml.train.keras import keras_module
from ml.train.networks import Convolutions, convolutions
from ml.trial.committed import Committed, committed

NAME = "gesture_recognition"
LARGE = Convolutions(filters=(48, 64, 96), kernels=(5, 5, 3), strides=(2, 1, 2))
LEARNT, JUDGING = Plan(people=8), Plan(people=8, background_s=300.0)  # simulated people
VARIATIONS, EPOCHS = 15, 8
SEED, OTHER_SEED = 101, 202
LOW, HIGH = 128, (168, 192, 208, 256)  # unsure from, and up to
LATER = 1  # windows after the event's, that the board keeps (service_judged)
IP = 28  # bytes of IPv4 and UDP
REST_S = 1.5
TOLERANCE_S = 1.0


@dataclass
class Heard:
    """A stream, what the board makes of it, and what the second model says of each window in which it is awake."""

    scored: Scored
    second: np.ndarray  # int8 (windows, classes), -128 asleep


@dataclass(frozen=True)
class Cost:
    tally: Tally = field(default_factory=Tally)
    windows: int = 0  # sent
    bytes: int = 0  # on the air, both ways

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.tally + other.tally, self.windows + other.windows, self.bytes + other.bytes)


def on_air(kind: int, payload: int, way: int = UP) -> int:
    """Bytes of a datagram with a payload of so many."""
    return IP + len(seal(Datagram(way, 1, 1, 1, 0, Frame(kind, payload=bytes(payload))), bytes(KEY)))


def event_bytes() -> int:
    """An event, and that it was stored."""
    return on_air(Type.EVENT, Event.LEAST) + on_air(Type.COMMAND, 1 + ARGUMENTS[Command.EVENTS].size, DOWN)


def window_bytes(size: int) -> int:
    """Asked for twice, as it is to come at first, and answered in one datagram."""
    asked = on_air(Type.COMMAND, 1 + ARGUMENTS[Command.GET_WINDOW].size, DOWN)
    empty = on_air(Type.REPLY, 2 + ANSWERS[Command.GET_WINDOW].size)
    return 2 * (asked + empty) + size


def second_model(app: GestureRecognition, data: Dataset, labels: list[str], path: Path) -> bytes:
    """The larger network as an int8 .tflite, trained where there is none yet."""
    if path.is_file():
        return path.read_bytes()
    training = replace(app.training, variations=VARIATIONS, epochs=EPOCHS)
    app = replace(app, config=replace(app.config, training=training))
    examples = app.examples(data, labels, SEED)
    keras_module().utils.set_random_seed(SEED)
    (window, values), classes = app.shape(labels)
    network = convolutions(LARGE, "second", window, values, classes)
    say(f"{len(examples)} windows of {len(data.subjects)} people; {network.count_params():,} parameters")
    app.fit(network, examples, SEED, None)
    made = quantise.int8(network, quantise.calibration_set(examples, SEED))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made)
    return made


def hear(made: Committed, second: bytes, stream: Stream) -> Heard:
    scored = made.app.score(stream, made.model)
    windows = made.app.inputs(stream.samples, stream.rate_mhz).windows
    awake = np.ones(len(windows), bool) if scored.awake is None else scored.awake
    scores = np.full(scored.scores.shape, -128, np.int8)
    if awake.any():
        scores[awake] = quantise.run_int8(second, windows[awake])
    return Heard(scored, scores)


def told(heard: Heard, found: list[Detection], labels: list[str], sent: int, count: int, size: int) -> Cost:
    """What was found, when so many windows were sent and `count` events."""
    stream = heard.scored.stream
    matched = match(found, spans(stream, labels, TOLERANCE_S), labels)
    return Cost(tally(matched, stream), sent, count * event_bytes() + sent * window_bytes(size))


def alone(heard: Heard, labels: list[str], config: DecideConfig, size: int) -> Cost:
    """The board's own events, as it is shipped."""
    found = detect(heard.scored, labels, config)
    return told(heard, found, labels, 0, len(found), size)


def everything(heard: Heard, labels: list[str], config: DecideConfig, size: int) -> Cost:
    """Every window in which the board is awake is sent, and the second model decides by the same rules."""
    found = detect(replace(heard.scored, scores=heard.second), labels, config)
    awake = heard.scored.awake
    sent = len(heard.second) if awake is None else int(np.count_nonzero(awake))
    cost = told(heard, found, labels, sent, 0, size)
    return replace(cost, bytes=sent * on_air(Type.DATA, size))  # nobody asks, and nobody acknowledges


def cascade(heard: Heard, labels: list[str], config: DecideConfig, size: int, high: int) -> Cost:
    """The board tells more, and the second model judges what it is unsure of."""
    eager = replace(config, threshold=tuple(min(LOW, one) for one in config.threshold))
    events, found, sent = decide(heard.scored.scores, eager, heard.scored.awake), [], 0
    for event in events:
        label, score, window = labels[event.class_id], event.score, event.window
        if event.score < high:
            sent += 1
            window = min(window + LATER, len(heard.second) - 1)
            scores = heard.second[window].astype(int) + 128
            label, score = labels[int(scores.argmax())], int(scores.max())
        if label != labels[config.background]:
            found.append(Detection(label, int(heard.scored.sample[window]), score))
    return told(heard, found, labels, sent, len(events), size)


def others(folder: str) -> list[Stream]:
    """Recordings of other movement, with rest around each."""
    made = []
    for item in load(Path(folder), Wanted("imu")).items:
        rest = round(REST_S * item.recording.rate_mhz / 1000)
        felt = at_rest_around(item.recording, rest, rest)
        made.append(Stream(item.subject, felt, item.recording.rate_mhz, ()))
    return made


def table(title: str, costs: dict[str, Cost]) -> Table:
    made = Table(title=title, title_justify="left")
    for name in ("sent", "found", "false", "false an hour", "windows", "bytes an hour"):
        made.add_column(name, justify="left" if name == "sent" else "right", no_wrap=True)
    for name, cost in costs.items():
        one = cost.tally
        found = f"{one.hits} of {one.movements}" if one.movements else "-"
        rate, air = f"{one.false_per_hour:.1f}", f"{cost.bytes / one.hours:,.0f}"
        made.add_row(name, found, str(one.false), rate, f"{cost.windows:,}", air)
    return made


def judged(heard: list[Heard], labels: list[str], config: DecideConfig, size: int) -> dict[str, Cost]:
    costs = {"none": sum((alone(one, labels, config, size) for one in heard), Cost())}
    for high in HIGH:
        name = f"{LOW} to {high - 1}" if high < HIGH[-1] else f"{LOW} on"
        costs[name] = sum((cascade(one, labels, config, size, high) for one in heard), Cost())
    costs["all"] = sum((everything(one, labels, config, size) for one in heard), Cost())
    return costs


@click.command()
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False), help="Real people.")
@click.option("--other", type=click.Path(exists=True, file_okay=False), help="Other movement.")
@click.option("--out", default="build/cascade", show_default=True, type=click.Path(file_okay=False))
def study(data: str, other: str | None, out: str) -> None:
    """Trains the second model unless it is there, and prints a table for each kind of people."""
    made = committed(find(NAME), ROOT / "lib" / f"{NAME}_model")
    app = made.app
    assert isinstance(app, GestureRecognition)
    real = app.data_of((Path(data),), 0)
    split = by_subject(real.subjects)
    simulated = app.data_of((generate(LEARNT, SEED),), 0)
    labels = made.labels(real)
    both = replace(real, items=real.of(split.train).items + simulated.items)
    second = second_model(app, both, labels, Path(out) / "second.tflite")
    sets = {f"{', '.join(split.test)}, unseen by both": app.streams(real.of(split.test), 0)}
    sets |= {"simulated people, unseen by both": app.streams(app.data_of((generate(JUDGING, OTHER_SEED),), 0), 0)}
    sets |= {"other movement: every event is false": others(other)} if other else {}
    (window, values), _ = app.shape(labels)
    for title, streams in sets.items():
        heard = [hear(made, second, one) for one in track(streams, title, len(streams))]
        console.print(table(title, judged(heard, labels, made.config, window * values)))


if __name__ == "__main__":
    run_cli(study, "cascade.py")
