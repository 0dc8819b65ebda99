"""Varies words as if by another voice, room, microphone and noise: powers of many windows at once, float32 (n, rows,
bands), every 20 ms.

What a recording of samples would need a minute for takes a second here, so every epoch of training hears new mixtures.
The sources of a mixture are independent, so their powers add (bands.py).
"""

import numpy as np

from ml.keyword_spotting.bands import total

PITCHES = 2.0 ** (np.arange(-3, 4) / 24)  # to which a voice is moved: one and a half semitones each way at most
BENDS = 7  # points between which a microphone's response is straight, evenly over the bands
MASKS = 2  # of each kind in a window


def mixed(
    power: np.ndarray, noise: np.ndarray, level: np.ndarray, snr_db: np.ndarray, meet: np.ndarray | None = None
) -> np.ndarray:
    """`power` and as much of `noise`, of the same shape, that a word of total power `level` (n,) stands so many
    decibels, (n,), over it; in place. Infinity: none. `meet`, of the same shape, is the cosine of the angle at which
    they meet; None: a right one everywhere."""
    loud = np.maximum(total(noise), 1e-12)
    noise = noise * (level * 10 ** (-snr_db / 10) / loud).astype(np.float32)[:, None, None]
    if meet is not None:
        both = power * noise
        np.sqrt(both, out=both)
        both *= 2 * meet
        noise += both
    power += noise
    return power


def met(count: int, rows: int, bins: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """float32 (count, rows, bands), -1..1: cosines of angles at which two sounds meet by chance. Over the `bins` of
    a band, (bands,), they mostly cancel out."""
    made = rng.random((count, rows, len(bins)), np.float32)
    made *= 2 * np.pi
    np.cos(made, out=made)
    made /= np.sqrt(bins).astype(np.float32)
    return made


def in_rooms(power: np.ndarray, lasts_s: np.ndarray, echo: np.ndarray, row_s: float) -> np.ndarray:
    """Each window in a room whose sound dies away by 60 dB in `lasts_s` (n,) and adds `echo` (n,) times the power that
    comes straight; in place."""
    keeps = (10 ** (-6 * row_s / lasts_s)).astype(np.float32)[:, None]
    gives = (echo[:, None] * (1 - keeps)).astype(np.float32)
    late = np.zeros_like(power[:, 0])
    for row in range(power.shape[1]):
        straight = power[:, row] * gives
        power[:, row] += late
        late = (late + straight) * keeps
    return power


def moved(power: np.ndarray, pitch: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Each voice moved to another pitch: `pitch` (n,) is an index of `matrices`, from `pitches`; in place."""
    for one in np.unique(pitch):
        mine = pitch == one
        power[mine] = power[mine] @ matrices[one]
    return power


def pitches(centres: np.ndarray) -> np.ndarray:
    """float32 (PITCHES, bands, bands): what each band of a voice adds to each of the moved one; `centres` in Hz."""
    made, bands = [], np.arange(len(centres))
    for ratio in PITCHES:
        at = np.interp(centres / ratio, centres, bands)
        low = np.minimum(at.astype(int), len(bands) - 2)
        share = at - low
        matrix = np.zeros((len(bands), len(bands)))
        matrix[low, bands] = 1 - share
        matrix[low + 1, bands] += share
        made.append(matrix)
    return np.array(made, np.float32)


def responses(count: int, bands: int, spread_db: float, rng: np.random.Generator) -> np.ndarray:
    """float32 (count, bands): powers by which microphones and paths to them scale the bands: bends, and a tilt."""
    points = np.linspace(0, bands - 1, BENDS)
    made = rng.normal(0, spread_db, (count, BENDS)) + rng.normal(0, spread_db, (count, 1)) * np.linspace(-1, 1, BENDS)
    db = np.stack([np.interp(np.arange(bands), points, one) for one in made])
    return (10 ** (db / 10)).astype(np.float32)


def masked(inputs: np.ndarray, frames: int, bands: int, rng: np.random.Generator) -> np.ndarray:
    """Hides some bands and some moments of each window, float (n, frames, bands), behind its mean (D. Park et al.,
    SpecAugment, 2019); `frames` and `bands`: the most that are hidden, twice each. In place."""
    mean = inputs.mean((1, 2), keepdims=True)
    for _ in range(MASKS):
        for axis, most in ((1, frames), (2, bands)):
            hidden = _stretch(len(inputs), inputs.shape[axis], most, rng)
            np.copyto(inputs, mean, where=hidden[:, :, None] if axis == 1 else hidden[:, None, :])
    return inputs


def _stretch(count: int, size: int, most: int, rng: np.random.Generator) -> np.ndarray:
    """bool (count, size): true for 0 to `most` neighbours each."""
    length = rng.integers(0, most + 1, count)[:, None]
    first = rng.integers(0, size - most + 1, count)[:, None]
    at = np.arange(size)
    return (at >= first) & (at < first + length)
