"""Noise, many voices, rooms and microphones in samples, before the C front end: for streams, and of noise for training.

Everything that can be made beforehand is: noise as long tracks of which a piece is cut, rooms and microphones as
transfer functions.
"""

from dataclasses import dataclass

import numpy as np

from ml.data.synthesis.noises import KINDS, noise
from ml.keyword_spotting.clips import rms
from ml.keyword_spotting.config import Variation

RATE_HZ = 16000
FULL_SCALE = 32768
BABBLE = (1, 2, 3, 5, 8)  # voices that speak at once
BEND_HZ = np.array([60, 200, 500, 1200, 3000, 5000, 8000.0])  # where a microphone's response may bend
LONGEST_ECHO_S = 0.5


@dataclass(frozen=True)
class Surroundings:
    """What is mixed into clips and what they are heard through."""

    noises: list[np.ndarray]  # float32 (n,), root mean square 1
    babble: list[np.ndarray]  # the same, of voices
    rooms: list[np.ndarray]  # complex64 (bins,): transfer functions
    size: int  # of their transforms, samples

    def noise(self, count: int, rng: np.random.Generator, voices: bool = True) -> np.ndarray:
        """Float32 (count,) of root mean square about 1."""
        tracks = self.noises + self.babble if voices else self.noises
        return piece(tracks[rng.integers(len(tracks))], count, rng)

    def in_a_room(self, sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The same through a room and a microphone, as long as before; at most half of `size` samples."""
        room = self.rooms[rng.integers(len(self.rooms))]
        return np.fft.irfft(np.fft.rfft(sound, self.size) * room, self.size)[: len(sound)].astype(np.float32)


def surroundings(
    recorded: list[np.ndarray], voices: list[np.ndarray], window: int, noise_s: float, rooms: int,
    by: Variation, rng: np.random.Generator,
) -> Surroundings:  # fmt: skip
    """Tracks of recorded noise and of every synthetic kind, babble made of the voices' clips, and rooms."""
    tracks = noise_tracks([one for one in recorded if len(one) >= window], noise_s, rng)
    babble = [_babble(voices, number, round(noise_s * RATE_HZ), rng) for number in BABBLE] if voices else []
    size = 1 << int(np.ceil(np.log2(window + LONGEST_ECHO_S * RATE_HZ)))
    return Surroundings(tracks, babble, [_room(size, by, rng) for _ in range(rooms)], size)


def noise_tracks(recorded: list[np.ndarray], noise_s: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Recorded noise and every synthetic kind, float32 (n,) each, of root mean square 1."""
    count = round(noise_s * RATE_HZ)
    tracks = [one.astype(np.float32) / rms(one) for one in recorded]
    made = [noise(kind, count, RATE_HZ, rng).astype(np.float32) for kind in KINDS for _ in range(2)]
    made += [_wavering(one, rng) for one in made[: len(KINDS)]]
    repeated = max(1, len(made) // max(1, len(tracks)))  # recorded noise is as frequent as synthetic
    return tracks * repeated + made


def _wavering(track: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise whose loudness comes and goes."""
    swing = noise("brown", len(track) // FRAME_SWING + 1, RATE_HZ, rng) * rng.uniform(0.2, 1)
    made = track * np.exp(np.repeat(swing, FRAME_SWING)[: len(track)])
    return (made / rms_of_float(made)).astype(np.float32)


FRAME_SWING = 160  # samples for which its loudness stays


def rms_of_float(sound: np.ndarray) -> float:
    return max(1e-9, float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))))


def _babble(voices: list[np.ndarray], number: int, count: int, rng: np.random.Generator) -> np.ndarray:
    made = np.zeros(count, np.float32)
    for _ in range(number):
        at = int(rng.integers(0, RATE_HZ))
        while at < count:
            one = voices[rng.integers(len(voices))]
            end = min(count, at + len(one))
            made[at:end] += one[: end - at] / rms(one)
            at += int(len(one) * rng.uniform(0.7, 1.3))
    return (made / rms_of_float(made)).astype(np.float32)


def _room(size: int, by: Variation, rng: np.random.Generator) -> np.ndarray:
    """Noise that dies away exponentially behind the direct sound, times a microphone's response."""
    lasts = rng.uniform(*by.reverberation_s)
    times = np.arange(int(min(lasts, LONGEST_ECHO_S) * RATE_HZ)) / RATE_HZ
    echo = rng.standard_normal(len(times)) * np.exp(-6.9 * times / lasts)
    echo[: int(rng.uniform(0.001, 0.008) * RATE_HZ)] = 0
    echo *= 10 ** (-rng.uniform(*by.direct_db) / 20) / np.sqrt(np.sum(echo**2))
    echo[0] = 1
    hertz = np.maximum(np.fft.rfftfreq(size, 1 / RATE_HZ), 30)
    bends = rng.normal(0, by.microphone_db, len(BEND_HZ))
    bends += rng.normal(0, by.microphone_db) * np.linspace(-1, 1, len(BEND_HZ))
    response = 10 ** (np.interp(np.log(hertz), np.log(BEND_HZ), bends) / 20)
    return (np.fft.rfft(echo, size) * response).astype(np.complex64)


def piece(track: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` samples of a track, from anywhere; from its beginning again where it is shorter."""
    if len(track) < count:
        track = np.tile(track, -(-count // len(track)))
    at = int(rng.integers(len(track) - count + 1))
    return track[at : at + count]


def cut(sound: np.ndarray, first: int, count: int) -> np.ndarray:
    """`count` samples from `first` on, which may lie before the beginning; zeros where there are none."""
    made = np.zeros(count, sound.dtype)
    low, high = max(0, first), min(len(sound), first + count)
    if high > low:
        made[low - first : high - first] = sound[low:high]
    return made
