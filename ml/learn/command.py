"""A board learns classes of one's own from a few examples: docs/learning.md.

python -m ml learn gesture_recognition --on PORT --label clap --examples 3            # somebody shows them
python -m ml learn gesture_recognition --on virtual --label clap --play clap_1.csv --play clap_2.csv
python -m ml learn gesture_recognition --on PORT --show
python -m ml learn gesture_recognition --on PORT --forget --label clap                # without --label: all
"""

import click

from ml.cli import Between
from ml.errors import UserError
from ml.learn.lesson import named, person, recordings, teach
from ml.learn.playing import files
from ml.link.classes import Classes, Told
from ml.link.device import CommandError, Device
from ml.link.messages import News, Status
from ml.native.learner import BATCH
from ml.native.prototypes import Prototypes, check_label, class_size
from ml.pipeline.contract import find
from ml.progress import echo, say

BASELINE = "vibration_anomaly"
STRAY = 16  # any: only what was learnt is shown


@click.command()
@click.argument("app", metavar="APP")
@click.option("--on", "board", metavar="BOARD", help="virtual, host, another environment's board, or a port.")
@click.option(
    "--label", help="The class to learn, or to forget: up to 15 characters. One of the network's is learnt anew."
)
@click.option("--examples", type=click.IntRange(1, BATCH), default=3, show_default=True, help="How many are shown.")
@click.option(
    "--play",
    multiple=True,
    type=click.Path(exists=True),
    help="A recording of one example, or a folder of them, in place of the sensor; may be repeated.",
)
@click.option("--rate", type=Between(1), help="The rate of these recordings in hertz; default: the sensor's.")
@click.option("--show", is_flag=True, help="List what the board has learnt.")
@click.option("--forget", is_flag=True, help="Forget the class of --label, or all classes.")
def learn(
    app: str,
    *,
    board: str | None,
    label: str | None,
    examples: int,
    play: tuple[str, ...],
    rate: float | None,
    show: bool,
    forget: bool,
) -> None:
    """Let a board learn a class of one's own from a few examples; show and forget what it has learnt."""
    if app == BASELINE:
        raise UserError(
            f"{app}: expected an application that learns classes, found one that learns what is normal; that is: "
            f"python -m ml baseline {app} learn --on {board or 'BOARD'} --windows 600"
        )
    sensor = find(app).sensor
    if not board:
        raise UserError("expected a board, found none; name it: --on virtual, --on host, or --on PORT")
    if not (show or forget or label):
        raise UserError("expected the class to learn, found none; name it: --label clap, or ask with --show")
    if label:
        check_label(label)
    chosen = files(play, examples)
    if play and len(chosen) < examples:
        raise UserError(f"expected {examples} recordings to play, found {len(chosen)}; name more, or ask for fewer")
    with Device.open(board, app=app) as device:
        if forget:
            _forget(device, label)
        elif label:
            rate_hz = rate or device.info.streams[0].rate_mhz / 1000
            shown = recordings(device, chosen, sensor, rate_hz) if chosen else person(device, examples)
            _told(device, label, examples, teach(device, label, examples, shown))
        for line in described(device):
            echo(line)


def _told(device: Device, label: str, examples: int, told: Told) -> None:
    """What is worth knowing of a class that was learnt."""
    device.asked()
    if told.left_out:
        say(f"{label}: {told.left_out} of {examples} examples were unlike the others and were left out")
    if told.news is News.LEARNT_LIKE:
        say(
            f"note: the network takes what you showed for {named(device, told.other)}. It answers {label} from now on, "
            "and may do so for that class as well"
        )
    if told.news is News.NOT_KEPT:
        say("warning: the board's store has no room for it: it lasts until the board restarts (docs/learning.md)")


def _forget(device: Device, label: str | None) -> None:
    try:
        Classes.of(device).forget(label or "")
    except CommandError as error:
        if error.status != Status.BAD_ARGUMENT:
            raise
        raise UserError(f"expected a class {label!r} that was learnt, found none; --show lists them") from None
    device.asked()


def described(device: Device) -> list[str]:
    """Lines for people."""
    learnt, info = Classes.of(device), device.info
    raw = learnt.read()
    features = _features(raw)
    if info.model is None or features is None:
        return ["nothing learnt"]
    classes = Prototypes.read(raw, features, info.model.hash, stray=STRAY)
    lines = []
    for place, label in sorted(classes.labels.items(), key=lambda one: one[1]):
        which = "one of the network's, learnt anew" if label in info.labels[: info.model.output] else "your own"
        lines.append(f"{label}: {which}, from {classes.examples(place)} examples")
    return lines or ["nothing learnt"]


def _features(raw: bytes) -> int | None:
    """Of each class, which says so itself; None: there is none."""
    for offset in range(0, len(raw) - class_size(1) + 1, 4):
        found = int.from_bytes(raw[offset + 12 : offset + 14], "little")
        if raw[offset + 4 : offset + 8] == b"PRO1" and len(raw) % class_size(found) == 0:
            return found
    return None
