"""How well both models detect faults at speeds or times that they were not trained with.

python -m ml anomaly --data ../shared/data/vibration/fan_uci50                  # each speed left out in turn
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
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from ml.data import manifest
from ml.data.manifest import Dataset, Item
from ml.errors import UserError
from ml.files import write_json
from ml.native import anomaly
from ml.native.anomaly import Baseline
from ml.native.decide import DecideConfig, decide
from ml.native.machine import MachineConfig, State, watch
from ml.native.vibration import VibrationConfig, vibration
from ml.paths import ROOT
from ml.progress import say, track
from ml.train.examples import HeldOut
from ml.train.keras import keras_module
from ml.trial.committed import committed
from ml.vibration_anomaly import header, model, speeds
from ml.vibration_anomaly.app import VibrationAnomaly
from ml.vibration_anomaly.config import NORMAL, Config
from ml.vibration_anomaly.examples import by_subject, held_out, normal_examples, off_level
from ml.vibration_anomaly.figures import areas
from ml.vibration_anomaly.life import Lived, live
from ml.vibration_anomaly.pieces import Piece, by_speed, pieces, rate_of

TIME_SHARE = 0.7  # of each condition's captures, the first, are learnt from
MARGIN = 4.0  # of a threshold above what is normal at unseen speeds


@dataclass(frozen=True)
class Fold:
    """What is learnt from, and what is judged."""

    name: str
    train: Dataset
    test: Dataset


@dataclass(frozen=True)
class Detector:
    """How levels are made of windows, and from where on they mean a fault."""

    level: Callable[[np.ndarray], np.ndarray]  # int8 (n, features) -> float (n,), 0..255
    threshold: int
    hides: Callable[[np.ndarray], np.ndarray] = lambda windows: np.zeros(len(windows), bool)  # nearest to such a speed


@dataclass(frozen=True)
class Told:
    """What a detector says of a recording."""

    file: str
    faulty: bool
    steady: bool  # some of it could be judged
    told: bool
    hidden: bool  # cannot be judged at this speed


@dataclass(frozen=True)
class Judged:
    """One fold: levels 0..255 of its windows, and what is said of its recordings, by each detector."""

    name: str
    held_out: HeldOut
    level: dict[str, np.ndarray]
    hidden: dict[str, np.ndarray]  # bool (windows,): below the threshold, and nearest to a speed that hides faults
    told: dict[str, list[Told]]


@click.command("anomaly")
@click.option("--data", required=True, type=click.Path(exists=True), help="Folder of recordings.")
@click.option("--test", type=click.Path(exists=True), help="Another folder to judge by, instead of leaving out.")
@click.option("--split", type=click.Choice(["speed", "time", "own", "device"]), default="speed", show_default=True)
@click.option("--life", is_flag=True, help="Judge the committed model by starts, stops and knocks made from the data.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--out", type=click.Path(dir_okay=False), help="File for the figures as JSON.")
def study(data: str, test: str | None, split: str, life: bool, seed: int, out: str | None) -> None:
    """Detect faults at left-out speeds or times; print areas under the curve, and what is told at the threshold."""
    loaded = _load(data)
    if life:
        return _print_lives(lives(loaded, seed))
    if split == "own" and not test:
        running = {piece.subject for piece in pieces(loaded, _front_end(loaded).span) if piece.normal}
        judged = [own(loaded.of((subject,)), Config()) for subject in loaded.subjects if subject in running]
    elif split == "device":
        judged = [device(fold, Config()) for fold in _folds(loaded, test, "time")]
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
    """Trains both models and runs what was left out through them."""
    learnt = normal_examples(fold.train, config, seed)
    keras_module().utils.set_random_seed(seed)
    network = model.autoencoder(config.training, "study", learnt.inputs.shape[1])
    model.fit_autoencoder(network, learnt.inputs, config.training, seed)
    mixture = model.mixture(learnt.inputs, config.mixture, seed, learnt.blind)
    compared = model.compared(network, learnt.inputs)
    bar = _threshold(fold.train, config, seed)

    def by_mixture(windows: np.ndarray) -> np.ndarray:
        return _level(anomaly.distances(windows, mixture))

    def by_autoencoder(windows: np.ndarray) -> np.ndarray:
        made = model.reconstructed(network, windows)
        return _level(anomaly.reconstruction_distances(windows, made, compared))

    def hides(windows: np.ndarray) -> np.ndarray:
        return anomaly.nearest(windows, mixture)[1] >= len(mixture.mean) - mixture.blind

    detectors = {
        "mixture": Detector(by_mixture, bar, hides),
        "autoencoder": Detector(by_autoencoder, bar),
    }
    return _judged(fold.name, fold.test, config, learnt.off_level, detectors)


def _level(distance: np.ndarray) -> np.ndarray:
    return anomaly.scores(distance)[:, 1] + 128.0


def _threshold(train: Dataset, config: Config, seed: int) -> int:
    """From the training alone."""
    front_end = _front_end(train)
    every = config.mixture.learning(front_end).level_every
    normal = by_subject(pieces(train, front_end.span), config, front_end.rate_mhz)
    if len(normal) < config.training.continuum:
        return config.decision.fallback[1]
    return speeds.threshold(speeds.unseen(normal, {}, config, every, seed), normal, every, MARGIN)


def _front_end(data: Dataset) -> VibrationConfig:
    return Config().front_end.vibration(rate_of(data))


def _judged(name: str, test: Dataset, config: Config, off: int, detectors: dict[str, Detector]) -> Judged:
    windows = held_out(test, config, off)
    level = {kind: one.level(windows.inputs) for kind, one in detectors.items()}
    hidden = {kind: one.hides(windows.inputs) & (level[kind] < one.threshold) for kind, one in detectors.items()}
    found = pieces(test, _front_end(test).span)
    told = {kind: [_told(piece, config, off, one) for piece in found] for kind, one in detectors.items()}
    return Judged(name, windows, level, hidden, told)


def _told(piece: Piece, config: Config, off: int, detector: Detector) -> Told:
    """As a board says it: an event, or the state of most of its steady windows."""
    front_end = config.front_end.vibration(piece.rate_mhz)
    machine = config.watching.machine(piece.rate_mhz, front_end.step, off)
    windows = vibration([piece.samples], front_end).blocks[0]
    steady, whole = _steady(piece.samples, machine, front_end)
    level = detector.level(windows)
    scores = np.stack([np.maximum(-1 - level, -128), level - 128], 1).astype(np.int8)
    decision = DecideConfig((detector.threshold,) * 2, 0, speeds.SMOOTHED, 16)
    events = decide(scores[whole], decision, steady[whole])
    hidden = detector.hides(windows[steady]) & (level[steady] < detector.threshold)
    most = bool(len(hidden)) and hidden.mean() > 0.5
    return Told(piece.file, not piece.normal and not piece.off, bool(steady.any()), bool(events), most and not events)


def _steady(samples: np.ndarray, machine: MachineConfig, front_end: VibrationConfig) -> tuple[np.ndarray, np.ndarray]:
    """Of each window whether the machine was steady, and whether the window ends with a block, bool (windows,)."""
    sample = front_end.span - 1 + front_end.step * np.arange(front_end.blocks(len(samples)))
    return watch(samples, machine).steady[sample] >= front_end.span, (sample + 1) % machine.block == 0


def own(data: Dataset, config: Config) -> Judged:
    """Learns one speed's baseline as a board does and judges what came later, and the faults."""
    front_end = _front_end(data)
    found = [piece for piece in pieces(data, front_end.span) if piece.normal]
    heard = [piece.samples[: round(TIME_SHARE * len(piece.samples))] for piece in found]
    off = _off_level(data, config)
    learnt = _learnt(heard, config, front_end, off)
    later = [
        dataclasses.replace(item, recording=dataclasses.replace(item.recording, samples=_rest(item)))
        if item.label == NORMAL
        else item
        for item in data.items
    ]
    test = dataclasses.replace(data, items=tuple(later))
    return _judged(data.subjects[0], test, config, off, {"own baseline": learnt})


def _rest(item: Item) -> np.ndarray:
    return item.recording.samples[round(TIME_SHARE * len(item.recording.samples)) :]


def _off_level(data: Dataset, config: Config) -> int:
    return off_level(pieces(data, _front_end(data).span), config)


def device(fold: Fold, config: Config) -> Judged:
    """Learns all speeds in one baseline, as a board does that hears them one after the other."""
    front_end = _front_end(fold.train)
    heard = [piece.samples for piece in pieces(fold.train, front_end.span) if piece.normal]
    off = _off_level(fold.train, config)
    learnt = _learnt(heard, config, front_end, off)
    return _judged(fold.name, fold.test, config, off, {"learnt on the device": learnt})


def _learnt(heard: list[np.ndarray], config: Config, front_end: VibrationConfig, off: int) -> Detector:
    """A board's baseline of these recordings; its own thresholds lie at that of the decision."""
    machine = config.watching.machine(front_end.rate_mhz, front_end.step, off)
    parts = []
    for samples, windows in zip(heard, vibration(heard, front_end).blocks, strict=True):
        steady, whole = _steady(samples, machine, front_end)
        parts.append(windows[steady & whole])
    windows, threshold = np.concatenate(parts), config.decision.fallback[1]
    modes = Baseline.of(windows, "study").modes(config.mixture.learning(front_end))
    if modes is None:
        raise UserError(f"expected two normal windows and more to learn from, found {len(windows)}")
    ways = ", ".join(
        f"{count} windows, threshold {own}" for count, own in zip(modes.windows, modes.thresholds, strict=True)
    )
    say(f"ways of running: {ways}; {modes.left_out} left out")
    return Detector(lambda windows: modes.scores(windows, threshold)[:, 1] + 128.0, threshold)


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


def _print_lives(lived: list[Lived]) -> None:
    table = Table(title="fault events of machines in order", title_justify="left")
    for column in (
        "what happens",
        "recordings",
        "minutes",
        "events",
        "judged",
        *(state.name.lower() for state in State),
    ):
        table.add_column(column, justify="left" if column == "what happens" else "right")
    for scenario in dict.fromkeys(one.scenario for one in lived):
        mine = [one for one in lived if one.scenario == scenario]
        shares = [float(np.mean([one.states[state.name.lower()] for one in mine])) for state in State]
        cells = [len(mine), f"{sum(one.seconds for one in mine) / 60:.1f}", sum(one.events for one in mine)]
        judged = float(np.mean([one.judged for one in mine]))
        table.add_row(scenario, *map(str, cells), f"{judged:.0%}", *(f"{share:.0%}" for share in shares))
    _console().print(table)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=140)


def summary(judged: list[Judged]) -> dict:
    """JSON-able: each fold, their mean, and all windows together, by detector."""
    files, labels = (np.concatenate([getattr(one.held_out, name) for one in judged]) for name in ("files", "labels"))
    made = {}
    for name in judged[0].level:
        folds = {
            one.name: areas(one.level[name], one.held_out.labels, one.held_out.files) | at_threshold(one.told[name])
            for one in judged
        }
        level, hidden = (np.concatenate([getattr(one, kind)[name] for one in judged]) for kind in ("level", "hidden"))
        mean = {
            kind: float(np.mean([one[kind][0] for one in folds.values() if one[kind]] or [np.nan]))
            for kind in ("auc_windows", "auc_recordings")
        }
        all_told = at_threshold([told for one in judged for told in one.told[name]])
        together = areas(level, labels, files) | all_told
        can_judge = areas(level[~hidden], labels[~hidden], files[~hidden])
        made[name] = {"folds": folds, "mean": mean, "together": together, "where it can judge": can_judge | all_told}
    return made


def at_threshold(told: list[Told]) -> dict:
    """Of faulty and of normal recordings: how many were told, how many it cannot judge, and how many there are that
    could be judged at all, being steady."""
    made = {}
    for kind, faulty in (("faults", True), ("normal", False)):
        mine = [one for one in told if one.faulty == faulty and one.steady]
        made[kind] = [sum(one.told for one in mine), sum(one.hidden for one in mine), len(mine)]
    return made


def _print(result: dict) -> None:
    console = _console()
    for name, found in result.items():
        table = Table(
            title=f"{name}: area under the curve [95 %]; told at the threshold + cannot be judged, of recordings",
            title_justify="left",
        )
        for column in ("left out", "windows", "normal/faulty", "recordings", "normal/faulty", "faults", "normal"):
            table.add_column(column, justify="left" if column == "left out" else "right")
        lumped = {"all, one threshold": found["together"], "where it can judge": found["where it can judge"]}
        for fold, one in (found["folds"] | lumped).items():
            kinds = ("windows", "recordings")
            cells = [cell for kind in kinds for cell in (_area(one[f"auc_{kind}"]), "/".join(map(str, one[kind])))]
            table.add_row(fold, *cells, *(_share(one[kind]) for kind in ("faults", "normal")))
        table.add_row("mean", f"{found['mean']['auc_windows']:.4f}", "", f"{found['mean']['auc_recordings']:.4f}")
        console.print(table)


def _share(told: list[int]) -> str:
    found, hidden, count = told
    return f"{found}{f' + {hidden}' if hidden else ''} of {count}"


def _area(found: list[float] | None) -> str:
    return f"{found[0]:.4f} [{found[1]:.3f}, {found[2]:.3f}]" if found else "-"
