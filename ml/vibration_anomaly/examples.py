"""Examples: windows that the model of the normal state learns from, and windows that judge it."""

import dataclasses
from dataclasses import dataclass, field

import numpy as np

from ml.data.manifest import Dataset
from ml.errors import UserError
from ml.native import anomaly
from ml.native.machine import BLOCKS, MachineConfig, level, watch
from ml.native.vibration import VibrationConfig, vibration
from ml.train.examples import Examples, HeldOut
from ml.vibration_anomaly import model, speeds
from ml.vibration_anomaly.config import NORMAL, OCTAVE, Config
from ml.vibration_anomaly.pieces import Piece, pieces, rate_of

PARTS = 4  # of the time, each judged by what the others say


@dataclass(frozen=True)
class Normal(Examples):
    """Windows of machines in order, all of class 0."""

    rate_mhz: int = 0
    blind: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))  # bool (n,): at a speed that hides faults
    off_level: int = 0  # below it the machine is off: 1/256 of an octave
    hiding: np.ndarray = field(default_factory=lambda: np.zeros(0, str))  # the speeds at which faults do not show
    far: np.ndarray = field(default_factory=lambda: np.zeros(0))  # float (n,): the level 0..255 of each window by a
    # mixture that has not heard the like of it: its speed or, where there are few, its part of the time; or empty
    reached: int = 0  # the highest mean of such levels over as many windows as are averaged; 0 where nobody knows


def windows(made: list[Piece], config: Config, rate_mhz: int) -> list[np.ndarray]:
    """Of each piece int8 (windows, features)."""
    return vibration([piece.samples for piece in made], config.front_end.vibration(rate_mhz)).blocks


def normal_examples(data: Dataset, config: Config, seed: int) -> Normal:
    """Every window of the normal recordings and, where a machine was recorded at many speeds, as many between each two
    neighbours of them."""
    made, rate = pieces(data, config.front_end.vibration(rate_of(data)).span), rate_of(data)
    if not any(piece.normal for piece in made):
        raise UserError("expected recordings with the label normal to learn from, found none; correct the manifest")
    normal = by_subject(made, config, rate)
    if len(normal) < config.training.continuum:
        return _of_few(made, normal, config, rate, seed)
    every = config.mixture.learning(config.front_end.vibration(rate)).level_every
    others = speeds.Speeds(normal, config, every, seed)
    unseen = others.unseen(faults_by_subject(made, config, rate))
    hiding = speeds.hiding(unseen, normal, config, every)
    kinds = speeds.by_hiding(normal, hiding, config, every, seed)
    inputs = np.concatenate([*kinds[0], *kinds[1]])
    hidden = np.repeat([False, True], [sum(map(len, kind)) for kind in kinds])
    far, reached = others.far(inputs, frozenset(normal)), round(speeds.reached(unseen, normal, every))
    names = np.array(sorted(hiding), str)
    return Normal(inputs, np.zeros(len(inputs), int), rate, hidden, off_level(made, config), names, far, reached)


def _of_few(made: list[Piece], normal: dict[str, np.ndarray], config: Config, rate_mhz: int, seed: int) -> Normal:
    """Of a machine with few speeds: it runs at these and at none between them."""
    inputs = np.concatenate([normal[name] for name in sorted(normal)])
    part = parts(made, config.front_end.vibration(rate_mhz))
    far = speeds.in_parts(inputs, part, config, seed)
    none = np.zeros(len(inputs), bool)
    found = Normal(inputs, none.astype(int), rate_mhz, none, off_level(made, config), far=far)
    return dataclasses.replace(found, reached=_reached(found, config, seed)) if len(far) else found


def _reached(examples: Normal, config: Config, seed: int) -> int:
    tables = model.mixture(examples.inputs, config.mixture, seed)
    scale = model.scales(tables, examples.inputs, examples.far, config.mixture)
    nearest = anomaly.nearest(examples.inputs, tables)[1]
    return round(speeds.highest_mean(examples.far - anomaly.PER_OCTAVE * np.log2(scale)[nearest]))


def parts(made: list[Piece], front_end: VibrationConfig) -> np.ndarray:
    """Int (n,), of all windows in the order of the subjects, as `normal_examples` has them: in which quarter of its way
    of running each is."""
    found = [piece for piece in made if piece.normal]
    count = {piece.way: 0 for piece in found}
    place: dict[str, list[np.ndarray]] = {}
    for piece in found:  # the parts of a way of running follow each other in time
        number = count[piece.way] + np.arange(front_end.blocks(len(piece.samples)))
        place.setdefault(piece.subject, []).append(number)
        count[piece.way] += len(number)
    total = {name: [count[piece.way] for piece in found if piece.subject == name] for name in place}
    return np.concatenate(
        [
            PARTS * number // all_
            for name in sorted(place)
            for number, all_ in zip(place[name], total[name], strict=True)
        ]
    )


def claims(train: Dataset, asked: Dataset, hiding: set[str], config: Config) -> bool:
    """Whether what was learnt from `train` says of other recordings that it can judge them: every speed lies between
    two at which faults show, or is one of these. With few speeds nobody asks."""
    front_end = config.front_end.vibration(rate_of(train))
    every = config.mixture.learning(front_end).level_every
    known, found = (by_subject(pieces(data, front_end.span), config, front_end.rate_mhz) for data in (train, asked))
    if len(known) < config.training.continuum:
        return True
    unheard = [windows for name, windows in found.items() if name not in known]
    return not hiding & set(found) and all(speeds.can_be_judged(one, known, hiding, every) for one in unheard)


def by_subject(made: list[Piece], config: Config, rate_mhz: int) -> dict[str, np.ndarray]:
    """The windows of the normal pieces of each subject."""
    found = [piece for piece in made if piece.normal]
    parts: dict[str, list[np.ndarray]] = {}
    for piece, part in zip(found, windows(found, config, rate_mhz), strict=True):
        parts.setdefault(piece.subject, []).append(part)
    return {name: np.concatenate(part) for name, part in parts.items()}


def faults_by_subject(made: list[Piece], config: Config, rate_mhz: int) -> dict[str, list[np.ndarray]]:
    """The windows of each recorded fault of each subject."""
    found = [piece for piece in made if piece.label != NORMAL and not piece.off]
    parts: dict[str, list[np.ndarray]] = {}
    for piece, part in zip(found, windows(found, config, rate_mhz), strict=True):
        parts.setdefault(piece.subject, []).append(part)
    return parts


def off_level(made: list[Piece], config: Config) -> int:
    """Below it a machine is off: what is well below the quietest normal running or, where the machine was recorded
    while it was off, a little above that."""
    rate = made[0].rate_mhz
    block = config.watching.machine(rate, config.front_end.vibration(rate).step, 0).block
    off, running = ([_level(one.samples, block) for one in made if getattr(one, kind)] for kind in ("off", "normal"))
    level = max(off) + config.watching.above * OCTAVE if off else min(running) - config.watching.below * OCTAVE
    return round(max(level, 0))


def _level(samples: np.ndarray, block: int) -> float:
    """The median level of its blocks, as lib/anomaly/src/machine.c counts it."""
    cut = samples[: len(samples) // block * block].reshape(-1, block, samples.shape[1])
    return float(np.median([level(one) for one in cut]))


def held_out(data: Dataset, config: Config, off: int = 0) -> HeldOut:
    """Windows side by side of steady machines, none of which shares a sample with another; files are
    `file[start:end]`."""
    rate = rate_of(data)
    front_end = config.front_end.vibration(rate)
    span, machine = front_end.span, config.watching.machine(rate, front_end.step, off)
    cut = [(piece, start) for piece in pieces(data, span) for start in steady(piece.samples, machine, span)]
    if not cut:
        raise UserError(
            f"expected recordings of a machine that runs steadily for {span * 1000 / rate:.2g} s and more, "
            f"{BLOCKS * machine.block * 1000 / rate:.2g} s after its start, to judge by, found none"
        )
    samples = np.stack([piece.samples[start : start + span] for piece, start in cut])
    made = vibration(list(samples), front_end).blocks
    return HeldOut(
        samples,
        np.full(len(cut), span),
        np.full(len(cut), rate),
        np.concatenate(made),
        np.array([int(not piece.normal) for piece, _ in cut]),
        np.array([f"{piece.file}[{start}:{start + span}]" for piece, start in cut]),
    )


def steady(samples: np.ndarray, machine: MachineConfig, span: int) -> list[int]:
    """Where windows begin that may be judged, side by side; a window of a block's length or less ends with a block."""
    places = watch(samples, machine).steady >= span
    starts, start = [], 0
    while start + span <= len(samples):
        ends = np.flatnonzero(places[start + span - 1 :])
        if not len(ends):
            break
        starts.append(start + int(ends[0]))
        start = starts[-1] + span
    return starts
