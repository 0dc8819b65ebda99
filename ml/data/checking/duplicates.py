"""The same recording twice: byte for byte, or the same signal louder, shifted or stored again with loss."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from ml.data.checking.neighbours import nearest
from ml.data.recordings import Recording

CANDIDATES = 4  # most similar recordings that are compared sample by sample
SOUND, MOTION = 0.98, 0.999  # correlation; two takes of one vibration reach 0.99
ALIKE = 0.8  # in length; a repetition cut out of a whole take is none of it twice
OVERLAP = 0.8  # of the shorter one
LONGEST = 1 << 16  # samples compared

Pair = tuple[int, int]


def exact(recordings: list[Recording]) -> list[list[int]]:
    """Groups of recordings with the same samples."""
    groups: dict[bytes, list[int]] = defaultdict(list)
    for index, one in enumerate(recordings):
        groups[hashlib.sha256(np.ascontiguousarray(one.samples).tobytes()).digest()].append(index)
    return [group for group in groups.values() if len(group) > 1]


def near(recordings: list[Recording], described: np.ndarray) -> Iterator[tuple[Pair, float]]:
    """Pairs that are not the same and yet the same signal, and their correlation."""
    if len(recordings) < 3:
        return
    seen: set[Pair] = set()
    for index, others in enumerate(nearest(described, CANDIDATES)):
        for other in others.tolist():
            pair = (min(index, other), max(index, other))
            one, two = recordings[pair[0]], recordings[pair[1]]
            if pair in seen or not ALIKE < len(one.samples) / len(two.samples) < 1 / ALIKE:
                continue
            seen.add(pair)
            likeness = correlation(one.samples, two.samples)
            if likeness >= (SOUND if one.sensor == "mic" else MOTION) and not np.array_equal(one.samples, two.samples):
                yield pair, likeness


def correlation(one: np.ndarray, two: np.ndarray) -> float:
    """The highest correlation of int (n, channels) and (m, channels) over all shifts that leave most of the shorter."""
    first, second = _normal(one[:LONGEST]), _normal(two[:LONGEST])
    if first is None or second is None or first.shape[1] != second.shape[1]:
        return 0.0
    total = _at_all_shifts(first, second)
    shorter = min(len(first), len(second))
    shifts = np.arange(len(total)) - (len(second) - 1)
    shared = np.minimum(len(first), shifts + len(second)) - np.maximum(0, shifts)
    wide = shared >= OVERLAP * shorter
    best = int(np.argmax(np.where(wide, total, -np.inf)))
    return _of_overlap(first, second, int(shifts[best]))


def _at_all_shifts(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Sums of products (n + m - 1,); the first has only the last of `two` at the first of `one`."""
    count = len(one) + len(two) - 1
    size = 1 << (count - 1).bit_length()
    spectrum = np.fft.rfft(one, size, axis=0) * np.fft.rfft(two[::-1], size, axis=0)
    return np.fft.irfft(spectrum.sum(1), size)[:count]


def _normal(samples: np.ndarray) -> np.ndarray | None:
    """Without its mean; None where nothing is left."""
    centred = samples - samples.mean(0)
    return centred if np.any(centred) else None


def _of_overlap(one: np.ndarray, two: np.ndarray, shift: int) -> float:
    a = one[max(0, shift) : shift + len(two)]
    b = two[max(0, -shift) : max(0, -shift) + len(a)]
    a = a[: len(b)]
    power = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / power) if power else 0.0
