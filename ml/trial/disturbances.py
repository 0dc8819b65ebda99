"""What goes wrong with a sensor, or around it: plain functions over samples, and what an application is tried with.

gain(samples, -20.0)                                     # int16 (n, channels) -> the same, in counts, saturated
Disturbance(rotate=45, snr=10, noise="pink").apply(samples, "imu", rate_mhz=100_000, seed=1)

`Disturbance` combines them in the order in which they happen: the way the sensor is mounted, its clock, noise of the
world, then the sensor's amplifier and converter, then its faults. The same seed gives the same samples.
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction

import numpy as np

from ml.data.augmentation import rotation
from ml.data.recordings import saturate
from ml.data.synthesis.noises import noise as track_of
from ml.errors import UserError

NOISES = ("white", "pink", "babble")
TRACK_S = 60  # a track of noise is as long at most, then begins again
TRACK_LEAST, TRACK_MOST = 1000, 1 << 20  # samples
SOUND_HZ = 16000  # a track is made as if for sound: the colours look alike at every rate
GRAVITY_S = 1.0  # the mean over so long is what an accelerometer feels of gravity
AT_ONCE = 1 << 20  # samples to which noise is added at a time: an hour of sound as floats would fill the memory
TRIAD = 3  # axes of an accelerometer, or of a gyroscope
QUIET_DB = 60.0  # below the loudest event: what is softer is no event to measure noise by
Spans = Sequence[tuple[int, int]]  # first sample and one past the last of each event


def gain(samples: np.ndarray, db: float) -> np.ndarray:
    """Every value times 10^(db/20): another distance, or a sensor of another sensitivity."""
    return saturate(samples * 10 ** (db / 20))


def offset(samples: np.ndarray, counts: float) -> np.ndarray:
    """Every channel reads so many counts too much: the bias of a microphone, an accelerometer's offset."""
    return saturate(samples + float(counts))


def add_noise(
    samples: np.ndarray, snr_db: float, tracks: np.ndarray, rng: np.random.Generator, spans: Spans = ()
) -> np.ndarray:
    """Adds a noise track, float (m, channels) or (m, 1) of mean square 1, from a random place on, again and again.

    The ratio is that of mean squares, each channel without its mean: of each event alone, so that a soft word has the
    same ratio as a loud one (between events the noise's level moves on evenly in decibels); without events of all
    samples.
    """
    spans = spans or [(0, len(samples))]
    middles = np.array([(start + end) / 2 for start, end in spans])
    levels = np.array([_decibels(samples[start:end]) for start, end in spans])
    levels = np.maximum(levels, levels.max(0) - QUIET_DB) - snr_db
    order, first = np.argsort(middles), int(rng.integers(len(tracks)))
    made = np.empty_like(samples)
    for at in range(0, len(samples), AT_ONCE):
        moments = np.arange(at, min(at + AT_ONCE, len(samples)))
        level = np.stack([np.interp(moments, middles[order], one[order]) for one in levels.T], axis=1)
        heard = np.take(tracks, first + moments, axis=0, mode="wrap")
        made[moments] = saturate(samples[moments] + heard * 10 ** (level / 20))
    return made


def _decibels(samples: np.ndarray) -> np.ndarray:
    spread = samples.astype(float).std(0) if len(samples) else np.zeros(samples.shape[1])
    return 20 * np.log10(np.maximum(spread, 1e-3))


def rotate(samples: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """The sensor turned about a random axis; accelerometer and gyroscope together."""
    return _turned(samples, degrees, rng.normal(size=TRIAD))


def tilt(samples: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """The sensor turned about a random axis across gravity, so that gravity moves by the whole angle."""
    down = samples[:, :TRIAD].mean(0) if len(samples) else np.zeros(TRIAD)
    axis = rng.normal(size=TRIAD)
    size = down @ down
    return _turned(samples, degrees, axis - down * (axis @ down) / size if size else axis)


def _turned(samples: np.ndarray, degrees: float, axis: np.ndarray) -> np.ndarray:
    matrix = rotation(axis / np.linalg.norm(axis) * math.radians(degrees)).T
    return saturate(np.hstack([part @ matrix for part in _triads(samples)]))


def swap_axes(samples: np.ndarray, places: int) -> np.ndarray:
    """x is read as y, y as z and z as x, or further: a sensor mounted on another side, a driver's mistake."""
    return np.hstack([np.roll(part, places, axis=1) for part in _triads(samples)])


def without_gravity(samples: np.ndarray, rate_mhz: int) -> np.ndarray:
    """The accelerometer's mean over a second taken away, as a sensor's or a phone's "linear acceleration" does."""
    from scipy.ndimage import uniform_filter1d  # noqa: PLC0415  as scipy.signal below

    size = max(1, round(GRAVITY_S * rate_mhz / 1000))
    accel = samples[:, :TRIAD].astype(float)
    slow = uniform_filter1d(accel, size, axis=0, mode="nearest") if len(accel) else accel
    return np.hstack([saturate(accel - slow), samples[:, TRIAD:]])


def _triads(samples: np.ndarray) -> list[np.ndarray]:
    if samples.shape[1] % TRIAD:
        raise UserError(f"expected a sensor with three axes, found {samples.shape[1]} channels; leave the turning out")
    return [samples[:, first : first + TRIAD] for first in range(0, samples.shape[1], TRIAD)]


def off_rate(samples: np.ndarray, percent: float) -> np.ndarray:
    """The sensor's clock is so much too fast: it makes n * (1 + percent / 100) samples of the same time, band-limited
    (scipy.signal.resample_poly)."""
    ratio = Fraction(1 + percent / 100).limit_denominator(1000)
    if not len(samples) or ratio == 1:
        return samples
    from scipy.signal import resample_poly  # noqa: PLC0415  takes a second to import, which most commands need not

    made = resample_poly(samples.astype(float), ratio.numerator, ratio.denominator, axis=0, padtype="edge")
    return saturate(made)


def clip(samples: np.ndarray, counts: float) -> np.ndarray:
    """The sensor gives no more than so many counts: a smaller range, an amplifier at its end."""
    return saturate(np.clip(samples, -counts, counts))


def dead_axes(samples: np.ndarray, channels: Sequence[int]) -> np.ndarray:
    """Some channels read 0, the first being 0: a broken axis, a gyroscope that is switched off."""
    lacking = [one for one in channels if not 0 <= one < samples.shape[1]]
    if lacking:
        raise UserError(f"--dead-axis: expected 0 to {samples.shape[1] - 1}, found {lacking[0]}")
    made = samples.copy()
    made[:, list(channels)] = 0
    return made


def freeze(samples: np.ndarray, share: float) -> np.ndarray:
    """From a share of the samples on every channel keeps its value: 0 is from the beginning."""
    made = samples.copy()
    first = min(len(samples) - 1, int(share * len(samples)))
    made[first:] = made[first:][:1]
    return made


def noise_track(kind: str, count: int, channels: int, rng: np.random.Generator) -> np.ndarray:
    """Float (m, channels) of mean square 1, `count` of them within sensible limits: white, or pink (the power falls
    with the frequency, from 1/400 of half the rate on), channels independent of each other."""
    count = min(TRACK_MOST, max(TRACK_LEAST, count))
    return np.stack([track_of(kind, count, SOUND_HZ, rng) for _ in range(channels)], axis=1)


def babble_track(voices: Sequence[np.ndarray], rng: np.random.Generator, at_once: int = 5) -> np.ndarray:
    """Float (m, 1) of mean square 1: `at_once` people speaking at a time, each with one recording after another in
    random order; `voices` are recordings of speech, int16 (k,), of one rate."""
    count = min(TRACK_MOST, max(len(one) for one in voices) * max(1, len(voices) // at_once))
    made = np.zeros(count)
    for _ in range(at_once):
        row = np.concatenate([_even(voices[i]) for i in rng.permutation(len(voices))])
        made += np.resize(np.roll(row, int(rng.integers(len(row)))), count)
    return (made / max(1e-9, float(made.std())))[:, None]


def _even(voice: np.ndarray) -> np.ndarray:
    return (voice - voice.mean()) / max(1.0, float(voice.std()))


@dataclass(frozen=True)
class Disturbance:
    """What happens to samples, in this order; as it is made, nothing. Fields are the options of `evaluate`."""

    rotate: float = 0.0  # degrees, about a random axis
    tilt: float = 0.0  # degrees, about a random axis across gravity
    swap_axes: int = 0  # places by which x, y, z are moved on
    no_gravity: bool = False
    rate: float = 0.0  # per cent by which the sensor's clock is fast
    snr: float | None = None  # decibels; None: no noise is added
    noise: str = "white"  # one of NOISES
    gain: float = 0.0  # decibels
    offset: float = 0.0  # counts
    clip: float | None = None  # counts
    dead_axis: tuple[int, ...] = ()
    freeze: float | None = None  # share of the samples from which on

    def __str__(self) -> str:
        """As the options of the command."""
        words = [word for one in fields(self) for word in self._words(one)]
        return " ".join(words) or "clean"

    def _words(self, field: dataclasses.Field) -> list[str]:
        name, value = f"--{field.name.replace('_', '-')}", getattr(self, field.name)
        if field.name == "noise":
            return [name, value] if self.snr is not None else []
        if value == field.default:
            return []
        values = value if isinstance(value, tuple) else (value,)
        return [name] if value is True else [word for one in values for word in (name, f"{one:g}")]

    @property
    def is_nothing(self) -> bool:
        return self == Disturbance(noise=self.noise)

    def apply(
        self, samples: np.ndarray, sensor: str, rate_mhz: int, seed: Sequence[int], *, spans: Spans = (),
        babble: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Int16 (n, channels) in counts -> int16 (m, channels); m differs from n with `rate`. `spans` are the events of
        a microphone's samples, by which the ratio of signal to noise is measured; `babble` is a `babble_track`."""
        rng = np.random.default_rng(list(seed))
        made = self._mounted(samples, rate_mhz, rng)
        made = off_rate(made, self.rate)
        made = self._noisy(made, rate_mhz, rng, self.moved(spans) if sensor == "mic" else (), babble)
        made = gain(made, self.gain) if self.gain else made
        made = offset(made, self.offset) if self.offset else made
        made = clip(made, self.clip) if self.clip is not None else made
        made = dead_axes(made, self.dead_axis) if self.dead_axis else made
        return freeze(made, self.freeze) if self.freeze is not None else made

    def _noisy(
        self, samples: np.ndarray, rate_mhz: int, rng: np.random.Generator, spans: Spans, babble: np.ndarray | None
    ) -> np.ndarray:
        if self.snr is None:
            return samples
        if self.noise != "babble":
            count = min(len(samples), TRACK_S * rate_mhz // 1000)
            return add_noise(samples, self.snr, noise_track(self.noise, count, samples.shape[1], rng), rng, spans)
        if babble is None:
            raise UserError("--noise babble: expected recordings of other speech in the data, found none")
        return add_noise(samples, self.snr, babble, rng, spans)

    def _mounted(self, samples: np.ndarray, rate_mhz: int, rng: np.random.Generator) -> np.ndarray:
        made = rotate(samples, self.rotate, rng) if self.rotate else samples
        made = tilt(made, self.tilt, rng) if self.tilt else made
        made = swap_axes(made, self.swap_axes) if self.swap_axes else made
        return without_gravity(made, rate_mhz) if self.no_gravity else made

    def moved(self, spans: Spans) -> list[tuple[int, int]]:
        """Where events lie once the clock is off."""
        factor = 1 + self.rate / 100
        return [(round(start * factor), round(end * factor)) for start, end in spans]


def table(sensor: str, voices: bool, gravity: bool) -> dict[str, Disturbance]:
    """What an application with that sensor is tried with, by name. `voices`: there is speech to make babble of;
    `gravity`: the recordings have it."""
    made = {"clean": Disturbance()}
    made |= {f"gain {db:+d} dB": Disturbance(gain=db) for db in (-20, -12, -6, 6, 12)}
    made |= {f"offset {counts:,} counts": Disturbance(offset=counts) for counts in (300, 8000)}
    for kind in ("white", "pink", *(["babble"] if voices and sensor == "mic" else [])):
        made |= {f"{kind} noise, {db} dB": Disturbance(snr=db, noise=kind) for db in (20, 10, 5)}
    if sensor != "mic":
        made |= {f"turned by {angle} degrees": Disturbance(rotate=angle) for angle in (30, 45, 90, 180)}
        made["axes swapped"] = Disturbance(swap_axes=1)
        made |= {"gravity taken out": Disturbance(no_gravity=True)} if gravity else {}
        made["dead axis x"] = Disturbance(dead_axis=(0,))
    if sensor == "imu":
        made["dead gyroscope"] = Disturbance(dead_axis=(3, 4, 5))
    made |= {f"clock {percent:+d} %": Disturbance(rate=percent) for percent in (-2, 2)}
    made["clipped at 4,096 counts"] = Disturbance(clip=4096)
    made["frozen"] = Disturbance(freeze=0.0)
    return made
