"""How well both models detect faults at speeds or times that they were not trained with.

python -m ml anomaly --data ../shared/data/vibration/fan_uci50                  # each speed left out in turn
python -m ml anomaly --data ../shared/data/vibration/fan_uci50 --split own      # a baseline learnt at each speed
python -m ml anomaly --data ../shared/data/vibration/fan_hymel200 --split time  # the last 30 % of each condition
python -m ml anomaly --data DIR --test OTHER_DIR                                # learnt from one, judged by the other

Only normal recordings are learnt from. `own` is what a board does that learns where it is mounted: the first 70 % of a
speed's normal samples give mean and covariance, in the integers of lib/anomaly; the rest is judged. The autoencoder is
the float one here; its int8 form differs by a step or two.
"""

import dataclasses
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from ml.data import manifest
from ml.data.manifest import Dataset, Item
from ml.errors import UserError
from ml.native import anomaly
from ml.native.anomaly import Baseline
from ml.native.vibration import vibration
from ml.pipeline.cache import write_json
from ml.progress import say
from ml.train.examples import HeldOut
from ml.train.keras import keras_module
from ml.vibration_anomaly import model
from ml.vibration_anomaly.config import Config
from ml.vibration_anomaly.examples import held_out, normal_examples
from ml.vibration_anomaly.figures import areas
from ml.vibration_anomaly.pieces import by_speed, pieces, rate_of

TIME_SHARE = 0.7  # of each condition's captures, the first, are learnt from


@dataclass(frozen=True)
class Fold:
    """What is learnt from, and what is judged."""

    name: str
    train: Dataset
    test: Dataset


@dataclass(frozen=True)
class Judged:
    """Levels 0..255 of one fold's windows by each detector."""

    name: str
    held_out: HeldOut
    level: dict[str, np.ndarray]


@click.command("anomaly")
@click.option("--data", required=True, type=click.Path(exists=True), help="Folder of recordings.")
@click.option("--test", type=click.Path(exists=True), help="Another folder to judge by, instead of leaving out.")
@click.option("--split", type=click.Choice(["speed", "time", "own"]), default="speed", show_default=True)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--out", type=click.Path(dir_okay=False), help="File for the figures as JSON.")
def study(data: str, test: str | None, split: str, seed: int, out: str | None) -> None:
    """Detect faults at left-out speeds or times; print the areas under the curve of both models."""
    loaded = _load(data)
    if split == "own" and not test:
        judged = [own(loaded.of((subject,)), Config()) for subject in loaded.subjects]
    else:
        judged = [judge(fold, Config(), seed) for fold in _folds(loaded, test, split)]
    result = summary(judged)
    _print(result)
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


def judge(fold: Fold, config: Config, seed: int) -> Judged:
    """Trains both models and runs the windows that were left out through them."""
    learnt, judged = normal_examples(fold.train, config, seed), held_out(fold.test, config)
    keras_module().utils.set_random_seed(seed)
    network = model.autoencoder(config.training, "study", learnt.inputs.shape[1])
    model.fit_autoencoder(network, learnt.inputs, config.training, seed)
    mixture, compared = model.mixture(learnt.inputs, config.mixture, seed), model.compared(network, learnt.inputs)
    made = model.reconstructed(network, judged.inputs)
    distance = {
        "mixture": anomaly.distances(judged.inputs, mixture),
        "autoencoder": anomaly.reconstruction_distances(judged.inputs, made, compared),
    }
    return Judged(fold.name, judged, {name: anomaly.scores(one)[:, 1] + 128.0 for name, one in distance.items()})


def own(data: Dataset, config: Config) -> Judged:
    """Learns one speed's baseline as a board does and judges what came later, and the faults."""
    front_end = config.front_end.vibration(rate_of(data))
    found = [piece for piece in pieces(data, front_end.span) if piece.normal]
    if not found:
        raise UserError(f"{data.subjects[0]}: expected normal recordings to learn from, found none")
    heard = [piece.samples[: round(TIME_SHARE * len(piece.samples))] for piece in found]
    learnt = Baseline.of(np.concatenate(vibration(heard, front_end).blocks), "study")
    tables = learnt.gaussians(round(config.mixture.learnt_ridge * 256))
    if tables is None:
        raise UserError(f"{data.subjects[0]}: expected two normal windows and more, found {learnt.windows}")
    everything = held_out(data, config)
    later = _later(everything, {piece.file: len(samples) for piece, samples in zip(found, heard, strict=True)})
    kept = HeldOut(**{name: getattr(everything, name)[later] for name in vars(everything)})
    level = anomaly.scores(anomaly.distances(kept.inputs, tables))[:, 1] + 128.0
    return Judged(data.subjects[0], kept, {"own baseline": level})


def _later(judged: HeldOut, heard: dict[str, int]) -> np.ndarray:
    """Which windows lie behind the samples that were learnt from."""
    places = (str(file)[:-1].rsplit("[", 1) for file in judged.files)
    return np.array([int(span.split(":")[0]) >= heard.get(file, 0) for file, span in places])


def summary(judged: list[Judged]) -> dict:
    """JSON-able: each fold, their mean, and all windows together, by detector."""
    files, labels = (np.concatenate([getattr(one.held_out, name) for one in judged]) for name in ("files", "labels"))
    made = {}
    for name in judged[0].level:
        folds = {one.name: areas(one.level[name], one.held_out.labels, one.held_out.files) for one in judged}
        level = np.concatenate([one.level[name] for one in judged])
        mean = {
            kind: float(np.mean([one[kind][0] for one in folds.values() if one[kind]] or [np.nan]))
            for kind in ("auc_windows", "auc_recordings")
        }
        made[name] = {"folds": folds, "mean": mean, "together": areas(level, labels, files)}
    return made


def _print(result: dict) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=120)
    for name, found in result.items():
        table = Table(title=f"{name}: area under the curve [95 %]", title_justify="left")
        for column in ("left out", "windows", "normal/faulty", "recordings", "normal/faulty"):
            table.add_column(column, justify="left" if column == "left out" else "right")
        for fold, one in [*found["folds"].items(), ("all, one threshold", found["together"])]:
            kinds = ("windows", "recordings")
            cells = [cell for kind in kinds for cell in (_area(one[f"auc_{kind}"]), "/".join(map(str, one[kind])))]
            table.add_row(fold, *cells)
        table.add_row("mean", f"{found['mean']['auc_windows']:.4f}", "", f"{found['mean']['auc_recordings']:.4f}", "")
        console.print(table)


def _area(found: list[float] | None) -> str:
    return f"{found[0]:.4f} [{found[1]:.3f}, {found[2]:.3f}]" if found else "-"
