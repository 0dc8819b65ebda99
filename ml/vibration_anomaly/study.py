"""How well both models detect faults at speeds or times that they were not trained with.

python -m ml anomaly --data ../shared/data/vibration/fan_uci50                  # each speed left out in turn
python -m ml anomaly --data ... --together fan_uci_speed40 --together ...       # these summed up besides
python -m ml anomaly --data ../shared/data/vibration/fan_uci50 --split own      # a baseline learnt at each speed
python -m ml anomaly --data ../shared/data/vibration/fan_hymel200 --split time  # the last 30 % of each condition
python -m ml anomaly --data ../shared/data/vibration/fan_hymel200 --split device  # a device learns all its speeds
python -m ml anomaly --data DIR --test OTHER_DIR                                # learnt from one, judged by the other
python -m ml anomaly --data ../shared/data/vibration/fan_uci50 --life           # stops, starts, knocks: no fault

Only normal recordings are learnt from, and only steady windows are judged. `own` and `device` are what a board does
that learns where it is mounted, in the integers of lib/anomaly: the first 70 % of the normal samples, of each speed or
of all of them, are its baseline, the rest is judged. The autoencoder is the float one here; its int8 form differs by a
step or two.

The thresholds come from the training alone: for the mixture and the autoencoder the highest mean of eight windows at a
speed between the others when that speed is left out, and a little; a device's baseline brings its own. A recording is
told as a fault when the mean of eight windows in a row reaches the threshold, as on a board. One that is not told, most
windows of which are nearest to speeds that hide faults, counts as "cannot be judged".
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click

from ml.data import manifest
from ml.data.manifest import Dataset, Item
from ml.errors import UserError
from ml.files import write_json
from ml.paths import ROOT
from ml.progress import say, track
from ml.trial.committed import committed
from ml.vibration_anomaly import header
from ml.vibration_anomaly.app import VibrationAnomaly
from ml.vibration_anomaly.config import Config
from ml.vibration_anomaly.judging import TIME_SHARE, Fold, device, front_end_of, judge, own
from ml.vibration_anomaly.life import Lived, live
from ml.vibration_anomaly.pieces import by_speed, pieces, rate_of
from ml.vibration_anomaly.study_table import print_areas, print_lives, summary

SPLITS = (
    "What judges: each speed, left out in turn; the last part of each condition; or what comes after a baseline that a "
    "board learns at each speed (own) or of all speeds (device)."
)


@click.command("anomaly")
@click.option("--data", required=True, type=click.Path(exists=True), help="Folder of recordings.")
@click.option("--test", type=click.Path(exists=True), help="Another folder to judge by, instead of leaving out.")
@click.option(
    "--split", type=click.Choice(["speed", "time", "own", "device"]), default="speed", show_default=True, help=SPLITS
)
@click.option("--life", is_flag=True, help="Judge the committed model by starts, stops and knocks made from the data.")
@click.option("--together", multiple=True, metavar="SPEED", help="Of the left-out speeds, sum up these besides.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--out", type=click.Path(dir_okay=False), help="File for the figures as JSON.")
def study(
    data: str, test: str | None, split: str, *, life: bool, together: tuple[str, ...], seed: int, out: str | None
) -> None:
    """Detect faults at left-out speeds or times; print areas under the curve, and what is told at the threshold."""
    loaded = _load(data)
    if life:
        return print_lives(lives(loaded, seed))
    if unknown := sorted(set(together) - set(loaded.subjects)):
        raise UserError(f"--together: expected one of {', '.join(loaded.subjects)}, found {unknown[0]}")
    if split == "own" and not test:
        running = {piece.subject for piece in pieces(loaded, front_end_of(loaded).span) if piece.normal}
        judged = [own(loaded.of((subject,)), Config()) for subject in loaded.subjects if subject in running]
    elif split == "device":
        judged = [device(fold, Config()) for fold in _folds(loaded, test, "time")]
    else:
        judged = [judge(fold, Config(), seed) for fold in _folds(loaded, test, split)]
    result = summary(judged, together)
    print_areas(result)
    if out:
        write_json(Path(out), result)
        say(f"wrote {out}")


def _load(folder: str) -> Dataset:
    return by_speed(manifest.load(Path(folder), "accel"))


def _folds(loaded: Dataset, test: str | None, split: str) -> Iterator[Fold]:
    if test:
        return iter([Fold("all", loaded, _load(test))])
    return by_time(loaded) if split == "time" else leave_out(loaded)


def leave_out(data: Dataset) -> Iterator[Fold]:
    """Each machine's speed in turn."""
    if len(data.subjects) < 2:
        raise UserError(f"expected at least two speeds to leave one out, found {', '.join(data.subjects)}")
    for subject in data.subjects:
        say(f"{subject} ...")
        yield Fold(subject, data.of([one for one in data.subjects if one != subject]), data.of((subject,)))


def by_time(data: Dataset) -> Iterator[Fold]:
    """The last part of each condition, in order of the files' names."""
    groups: dict[tuple, list[Item]] = {}
    for item in data.items:
        groups.setdefault((item.subject, item.label, item.more.get("condition", "")), []).append(item)
    early = [item for items in groups.values() for item in items[: round(TIME_SHARE * len(items))]]
    late = [item for items in groups.values() for item in items[round(TIME_SHARE * len(items)) :]]
    if not late:
        raise UserError("expected several recordings of each condition to split by time, found single ones")
    yield Fold("later", *(dataclasses.replace(data, items=tuple(items)) for items in (early, late)))


def lives(data: Dataset, seed: int) -> list[Lived]:
    """What the committed model says of the days of machines in order."""
    shipped = committed(VibrationAnomaly(), ROOT / "lib" / f"{header.NAME}_model")
    app, rate = cast(VibrationAnomaly, shipped.app), rate_of(data)
    if app.found is None or app.found.rate_mhz != rate:
        raise UserError(
            f"expected recordings at the rate of the committed model, found {rate / 1000:g} Hz; train with them"
        )
    running = [piece for piece in pieces(data, app.front_end(rate).span) if piece.normal]
    return [one for piece in track(running, "recordings", len(running)) for one in live(shipped, piece, seed)]
