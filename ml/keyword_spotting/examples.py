"""Windows to learn from and to be judged by, through the C front end.

Those to learn from are drawn once (windows.py), and again in each round of training: new variations of the keywords,
and of much that is none of them what the network takes for one. Such hard negatives are rare and teach the most:
K.-K. Sung, T. Poggio, Example-based learning for view-based human face detection, IEEE PAMI 20(1), 1998.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ml.data.manifest import Dataset
from ml.keyword_spotting.augmentation import RATE_HZ, cut
from ml.keyword_spotting.clips import Clip, clips, noises, recorded
from ml.keyword_spotting.config import Config, FrontEnd
from ml.keyword_spotting.windows import Window, Windows
from ml.native.logmel import log_mel
from ml.train.examples import Examples, HeldOut

AT_ONCE = 4096  # windows between front end and memory

Sure = Callable[[np.ndarray], np.ndarray]  # inputs int8 (n, ...) -> how sure a network is of some keyword, (n,)


@dataclass(frozen=True)
class Drawn(Examples):
    """Varied windows of every word and of what is none, in random order."""

    again: Callable[[int, Sure], Examples]  # these, with new ones for the round of that number


def training_examples(data: Dataset, config: Config, seed: int) -> Drawn:
    made = _inputs(Windows(data, config, np.random.default_rng(seed)).all(), config.front_end)
    return drawn(_shuffled([made], [seed, 1]), data, config, seed)


def drawn(first: Examples, data: Dataset, config: Config, seed: int) -> Drawn:
    """With what they take to be drawn again."""

    def again(number: int, sure: Sure) -> Examples:
        return _again(data, config, [seed, 2, number], first, sure)

    return Drawn(first.inputs, first.labels, again)


def _again(data: Dataset, config: Config, seed: list[int], first: Examples, sure: Sure) -> Examples:
    training, windows = config.training, Windows(data, config, np.random.default_rng(seed))
    fresh = _inputs(windows.words(training.fresh), config.front_end)
    searched = _inputs(windows.no_words(round(training.searched * len(first))), config.front_end)
    mistaken = sure(searched.inputs) > training.mistaken
    hard = Examples(searched.inputs[mistaken], searched.labels[mistaken])
    return _shuffled([first, fresh, *[hard] * training.repeats], [*seed, 1])


def _shuffled(parts: list[Examples], seed: list[int]) -> Examples:
    inputs, labels = (np.concatenate([getattr(one, name) for one in parts]) for name in ("inputs", "labels"))
    order = np.random.default_rng(seed).permutation(len(labels))
    return Examples(inputs[order], labels[order])


def _inputs(made: Iterator[Window], front_end: FrontEnd) -> Examples:
    inputs, labels, waiting = [], [], []
    for window, label in made:
        waiting.append(window)
        labels.append(label)
        if len(waiting) == AT_ONCE:
            inputs.append(np.stack(log_mel(waiting, front_end.log_mel).frames))
            waiting.clear()
    inputs.append(np.stack(log_mel(waiting, front_end.log_mel).frames)) if waiting else None
    return Examples(np.concatenate(inputs), np.array(labels))


def _pieces_of_noise(data: Dataset, config: Config) -> list[Clip]:
    """What is held out for silence where the data has no clips of it."""
    window = config.front_end.samples
    return [
        Clip(one[at : at + window], len(config.words) + 1, 0, window, f"noise {number} at {at}", "")
        for number, one in enumerate(noises(data, for_training=False))
        for at in range(0, len(one) - window + 1, window)
    ]


def held_out(data: Dataset, config: Config) -> HeldOut:
    """The middle of each clip, as long as a window; zeros around what is shorter."""
    found, window = recorded(clips(data, config.words)), config.front_end.samples
    if not any(one.label > len(config.words) for one in found):
        found += _pieces_of_noise(data, config)
    samples = np.stack([cut(one.samples, (len(one.samples) - window) // 2, window) for one in found])
    return HeldOut(
        samples=samples[:, :, None],
        count=np.full(len(found), window),
        rate_mhz=np.full(len(found), RATE_HZ * 1000),
        inputs=np.stack(log_mel(list(samples), config.front_end.log_mel).frames),
        labels=np.array([one.label for one in found]),
        files=np.array([one.file for one in found]),
    )
