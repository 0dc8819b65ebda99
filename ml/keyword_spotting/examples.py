"""Windows to learn from and to be judged by, as the C front end gives them.

Those to learn from are mixed anew for every epoch (windows.py); to them belongs what the network took for a keyword and
is none. Such hard negatives are rare and teach the most: K.-K. Sung, T. Poggio, Example-based learning for view-based
human face detection, IEEE PAMI 20(1), 1998.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from ml.data.manifest import Dataset
from ml.data.spectrograms import Spectrograms
from ml.keyword_spotting.augmentation import RATE_HZ, cut
from ml.keyword_spotting.clips import Clip, clips, noises, recorded
from ml.keyword_spotting.config import Config
from ml.keyword_spotting.material import Material, material
from ml.keyword_spotting.windows import Windows
from ml.native.logmel import log_mel
from ml.train.examples import Examples, HeldOut

Sure = Callable[[np.ndarray], np.ndarray]  # inputs int8 (n, ...) -> how sure a network is of some keyword, (n,)


@dataclass(frozen=True)
class Drawn(Examples):
    """The windows of one epoch, and how to get those of others."""

    of: Callable[[], Material]  # what they are mixed of; made when it is first asked for
    config: Config
    key: str  # of all that decides them
    draw_seed: int
    mistakes: list[Examples] = field(default_factory=list)  # found so far, the latest last

    def draw(self, number: int) -> "Windowed":
        """The windows of the epoch of that number, for which no network is needed."""
        windows = Windows(self.of(), self.config, np.random.default_rng([self.draw_seed, 1, number]))
        return _windowed(windows, self.config)

    def shown(self, drawn: "Windowed", sure: Sure | None = None) -> Examples:
        """These in random order, with the mistakes; with `sure` also what it finds mistaken among those searched."""
        if sure and len(drawn.searched):
            self._search(drawn.searched, sure, drawn.keywords)
        parts = [*drawn.parts, *self.mistakes]
        order = drawn.rng.permutation(sum(map(len, parts)))
        return Examples(
            *(np.concatenate([getattr(one, name) for one in parts])[order] for name in ("inputs", "labels"))
        )

    def _search(self, searched: Examples, sure: Sure, keywords: int) -> None:
        """Adds what the network takes for a keyword, and forgets the oldest of what is too much."""
        t = self.config.training
        mistaken = sure(searched.inputs) > t.mistaken
        self.mistakes.append(Examples(searched.inputs[mistaken], searched.labels[mistaken]))
        while len(self.mistakes) > 1 and sum(map(len, self.mistakes)) > keywords * t.kept:
            self.mistakes.pop(0)


@dataclass(frozen=True)
class Windowed:
    """Windows of one epoch."""

    parts: list[Examples]
    searched: Examples  # that are no keyword, among which a network's mistakes are looked for
    keywords: int
    rng: np.random.Generator


def training_examples(data: Dataset, images: Spectrograms, config: Config, seed: int) -> Drawn:
    first = drawn(Examples(np.empty(0, np.int8), np.empty(0, int)), data, images, config, seed)
    made = first.shown(first.draw(0))
    return replace(first, inputs=made.inputs, labels=made.labels)


def drawn(first: Examples, data: Dataset, images: Spectrograms, config: Config, seed: int) -> Drawn:
    """With what it takes to draw others."""
    shown = (config.words, config.front_end, config.network, replace(config.training, epochs=0, falling=0))
    named = (data.hash, images.hash, data.subjects)
    key = hashlib.sha256(repr((*named, shown, seed)).encode()).hexdigest()[:16]
    mixed = repr((*named, config.words, config.front_end, config.training, seed))

    def of() -> Material:
        if mixed not in _last:
            _last.clear()
            _last[mixed] = material(data, images, config, np.random.default_rng(seed))
        return _last[mixed]

    return Drawn(first.inputs, first.labels, of, config, key, seed)


_last: dict[str, Material] = {}  # making it takes a minute; stages, and a search's candidates, ask for the same


def _windowed(windows: Windows, config: Config) -> Windowed:
    t, count = config.training, len(windows.material.keywords)
    turns = max(1, -(-t.least // count))
    size = turns * count
    parts = [windows.keywords() for _ in range(turns)] + [windows.no_words(round(size * t.unknown))]
    parts.append(windows.silence(round(size * t.silence)))
    return Windowed(parts, windows.no_words(round(size * t.searched)), size, windows.rng)


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
