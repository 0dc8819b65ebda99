"""Draws windows of power as they come to the network, each with its class; many at once, and new ones for every epoch.

Around each clip of a word: at another pace and pitch, shifted, in a room, in noise (mixing.py). `unknown` is other
words, alone and in rows, pieces of running speech, many voices at once, and the beginnings or ends of keywords, which a
stream shows all the time and which must not be answered; `silence` is noise of every kind, recorded and made.
"""

import numpy as np

from ml.keyword_spotting import bands, mixing
from ml.keyword_spotting.augmentation import BABBLE
from ml.keyword_spotting.config import Config
from ml.keyword_spotting.material import FRAMES, NOTHING, Material, Words
from ml.native.mel import centres_hz
from ml.train.examples import Examples

SEEN = (0.15, 0.5)  # of a word, in a window that shows a fragment of it
EDGE = 8  # rows by which a word may stick out of its window
ROWS_S = 0.01
AT_ONCE = 4096  # windows whose power is in memory
RESPONSES = 500  # microphones
PAUSES = (0.5, 0.15)  # the longest between two words of one voice alone, and of each of many, seconds


class Windows:
    """Of some people's words; the same generator gives the same windows."""

    def __init__(self, material: Material, config: Config, rng: np.random.Generator) -> None:
        self.material, self.config, self.training, self.rng = material, config, config.training, rng
        self.front_end = config.front_end.log_mel
        self.power, self.unknown = bands.power_table(self.front_end), len(config.words)
        edges = centres_hz(self.front_end.bands, self.front_end.low_hz, self.front_end.upper_hz)
        self.pitches = mixing.pitches(edges[1:-1])
        self.bins = bands.independent(self.front_end)
        self.responses = mixing.responses(RESPONSES, self.front_end.bands, config.training.variation.microphone_db, rng)
        self.step = self.front_end.hop // bands.HOP  # rows between two frames of a window
        self.rows = self.step * (config.front_end.frames - 1) + 1  # from a window's first row to its last
        self._say()

    def _say(self) -> None:
        """What voices say in rows and at once, new for each object."""
        count = round(self.training.babble_s / ROWS_S)
        some = self.material.others
        self.row = self._voice(some, count, PAUSES[0]) if len(some) else np.zeros((0, self.front_end.bands))
        some = some if len(some) else self.material.keywords
        made = [sum(self._voice(some, count, PAUSES[1]) for _ in range(number)) for number in BABBLE]
        self.babble = np.concatenate(made).astype(np.float32)

    def _voice(self, words: Words, count: int, pause_s: float) -> np.ndarray:
        """Words of random people one after the other, all as loud, float32 (count, bands)."""
        made, at = np.zeros((count, words.steps.shape[2]), np.float32), int(self.rng.integers(100))
        while at < count:
            one = self.rng.integers(len(words))
            word = self.power[words.steps[one, words.start[one] : words.end[one]]][: count - at]
            made[at : at + len(word)] = word / max(1e-9, float(bands.total(word)))
            at += len(word) + int(self.rng.uniform(0, pause_s) / ROWS_S)
        return made

    def keywords(self) -> Examples:
        """Each clip of a keyword, a recorded one several times, in a variation."""
        words = self.material.keywords
        return self._of_words(words, np.repeat(np.arange(len(words)), words.turns))

    def silence(self, count: int) -> Examples:
        t = self.training
        power = self._pieces(self.material.noise, count)
        level = bands.of_level(self.rng.uniform(*t.silence_db, count))
        return self._made(power, level, np.full(count, self.unknown + 1))

    def no_words(self, count: int) -> Examples:
        """All that is unknown, in the shares of the configuration, as far as there is any of it."""
        t, m = self.training, self.material
        kinds = {"others": t.others * bool(len(m.others)), "rows": t.rows * bool(len(self.row))}
        kinds |= {"talk": t.talk * bool(len(m.talk)), "babble": t.babble, "fragments": t.fragments}
        whole = sum(kinds.values())
        made = [getattr(self, f"_{kind}")(round(count * share / whole)) for kind, share in kinds.items() if share]
        return Examples(np.concatenate([one.inputs for one in made]), np.concatenate([one.labels for one in made]))

    def _others(self, count: int) -> Examples:
        """Words of every group as often as of any other: a few words by many must not drown many by few."""
        words = self.material.others
        _, group, size = np.unique(words.group, return_inverse=True, return_counts=True)
        share = 1 / np.sqrt(size[group])
        return self._of_words(words, self.rng.choice(len(words), count, p=share / share.sum()))

    def _rows(self, count: int) -> Examples:
        return self._running(self.row, count)

    def _babble(self, count: int) -> Examples:
        return self._running(self.babble, count)

    def _talk(self, count: int) -> Examples:
        return self._running(self.material.talk, count)

    def _fragments(self, count: int) -> Examples:
        """The beginning of a word at the window's end, or its end at the beginning."""
        words = self.material.keywords
        chosen = self.rng.integers(len(words), size=count)
        seen = np.rint((words.end - words.start)[chosen] * self.rng.uniform(*SEEN, count)).astype(int)
        first = np.where(self.rng.random(count) < 0.5, words.end[chosen] - seen, words.start[chosen] + seen - self.rows)
        return self._in_parts(count, lambda part: self._fragment(words, chosen[part], first[part]))

    def _fragment(self, words: Words, chosen: np.ndarray, first: np.ndarray) -> Examples:
        power = self._cut(words, chosen, first, np.ones(len(chosen)))
        return self._heard(power, words.loud[chosen], np.full(len(chosen), self.unknown))

    def _running(self, track: np.ndarray, count: int) -> Examples:
        def made(part: slice) -> Examples:
            number = len(range(*part.indices(count)))
            power = self._pieces(track, number)
            return self._heard(power, bands.total(power), np.full(number, self.unknown))

        return self._in_parts(count, made)

    def _in_parts(self, count: int, make) -> Examples:
        made = [make(slice(at, min(count, at + AT_ONCE))) for at in range(0, count, AT_ONCE)]
        shape = (0, self.config.front_end.frames, self.front_end.bands)
        inputs = np.concatenate([np.empty(shape, np.int8), *(one.inputs for one in made)])
        return Examples(inputs, np.concatenate([np.empty(0, int), *(one.labels for one in made)]))

    def _of_words(self, words: Words, chosen: np.ndarray) -> Examples:
        return self._in_parts(len(chosen), lambda part: self._varied(words, chosen[part]))

    def _varied(self, words: Words, chosen: np.ndarray) -> Examples:
        """At another pace, somewhere in the window."""
        by, count = self.training.variation, len(chosen)
        pace = np.exp(np.clip(self.rng.normal(0, by.speed, count), -2.5 * by.speed, 2.5 * by.speed))
        pace = np.where(self.rng.random(count) < by.speed_share, pace, 1)
        length = (words.end - words.start)[chosen] / pace
        furthest = np.minimum(by.shift_s / ROWS_S, np.maximum(0, (self.rows - length) / 2) + EDGE)
        middle = (words.end + words.start)[chosen] / 2 + self.rng.uniform(-1, 1, count) * furthest * pace
        power = self._cut(words, chosen, middle - pace * self.rows / 2, pace)
        return self._heard(power, words.loud[chosen], words.label[chosen])

    def _cut(self, words: Words, chosen: np.ndarray, first: np.ndarray, pace: np.ndarray) -> np.ndarray:
        at = first[:, None] + pace[:, None] * self.step * np.arange(self.config.front_end.frames)
        at = np.rint(at).astype(int)
        at[(at < 0) | (at >= FRAMES)] = NOTHING
        return self.power[words.steps[chosen[:, None], at]]

    def _pieces(self, track: np.ndarray, count: int) -> np.ndarray:
        """Windows from anywhere in a track of steps or powers, float32 (count, frames, bands)."""
        first = self.rng.integers(max(1, len(track) - self.rows), size=count)[:, None]
        taken = track[(first + self.step * np.arange(self.config.front_end.frames)) % len(track)]
        return self.power[taken] if taken.dtype == np.uint8 else taken

    def _heard(self, power: np.ndarray, level: np.ndarray, labels: np.ndarray) -> Examples:
        """By another voice, in a room, in noise; `level` (n,): total power of what is said."""
        by, rng, count = self.training.variation, self.rng, len(power)
        middle = len(mixing.PITCHES) // 2
        pitch = np.where(rng.random(count) < by.speed_share, rng.integers(len(mixing.PITCHES), size=count), middle)
        power = mixing.moved(power, pitch, self.pitches)
        echo = 10 ** (-rng.uniform(*by.direct_db, count) / 10) * (rng.random(count) < by.room_share)
        power = mixing.in_rooms(power, rng.uniform(*by.reverberation_s, count), echo, self.step * ROWS_S)
        snr = np.where(rng.random(count) < by.noise_share, rng.uniform(*by.snr_db, count), np.inf)
        crowd = rng.random(count) < by.babble_share
        noise = self._pieces(self.material.noise, count)
        noise[crowd] = self._pieces(self.babble, int(crowd.sum()))
        power = mixing.mixed(power, noise, level, snr, mixing.met(count, power.shape[1], self.bins, rng))
        through = rng.random(count) < by.microphone_share
        power[through] *= self.responses[rng.integers(RESPONSES, size=int(through.sum()))][:, None]
        wanted = bands.of_level(rng.uniform(*by.level_db, count))
        kept = (rng.random(count) < by.as_recorded) & (level > bands.of_level(by.level_db[0]))
        return self._made(power, np.where(kept, level, wanted), labels, level)

    def _made(self, power: np.ndarray, wanted: np.ndarray, labels: np.ndarray, level: np.ndarray | None = None):
        """As loud as wanted, over the microphone's own noise, as the front end gives it."""
        level = bands.total(power) if level is None else level
        power *= (wanted / np.maximum(level, 1e-9)).astype(np.float32)[:, None, None]
        hiss = self._pieces(self.material.hiss, len(power))
        own = bands.of_level(self.rng.uniform(*self.training.variation.own_db, len(power)))
        power = mixing.mixed(power, hiss, own, np.zeros(len(power)))
        made = bands.steps(power, self.front_end)
        return Examples((made ^ np.uint8(bands.ZERO)).view(np.int8), labels)
