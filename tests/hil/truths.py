"""What Python says about a stream: the compiled header that is in the firmware, and its answers on this computer.

truth_of("gesture_recognition").detections()   # what a board has to detect in .stream
"""

import functools
from dataclasses import dataclass, replace

import numpy as np

from ml.data.audio import resample_audio
from ml.data.streams import Stream, cut
from ml.data.synthesis import falls, machines
from ml.data.synthesis.espeak import Manner, speak
from ml.evaluate.parity import Case
from ml.evaluate.streams import Detection, Scored, detect
from ml.native.decide import NEVER, DecideConfig
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.trial.committed import Committed, committed

APPS = ("gesture_recognition", "fall_detection", "vibration_anomaly", "keyword_spotting")
SECONDS = 60  # of movement, at most
VOICES = (Manner("en-us+f3", 140, 60),)  # of which the committed network finds three of six words
INJECTED = 65_536  # bytes, at most
RATE_HZ, PAUSE = 16_000, 12_000  # of sound


@dataclass(frozen=True)
class Truth:
    """An application as it is compiled into the firmware, and a stream at its sensor's rate with events in it."""

    shipped: Committed
    labels: tuple[str, ...]
    scored: Scored

    @property
    def stream(self) -> Stream:
        return self.scored.stream

    @property
    def model_hash(self) -> str:
        return self.shipped.model.model.hash.decode()

    @functools.cached_property
    def over_the_link(self) -> "Truth":
        """The same of as much as a serial line carries in seconds: all of a movement, sound up to its second event."""
        if self.stream.samples.nbytes <= INJECTED:
            return self
        stream = cut(self.stream, self.detections()[1].sample + 1)
        return replace(self, scored=self.shipped.app.score(stream, self.shipped.model))

    @property
    def window_rate_hz(self) -> float:
        """Windows in a second of the stream."""
        (step,) = set(np.diff(self.scored.sample).tolist())
        return self.stream.rate_mhz / 1000 / step

    def with_thresholds(self, threshold: int) -> DecideConfig:
        """The decision after SET_THRESHOLD of all classes: those that never make an event still make none."""
        kept = self.shipped.config.threshold
        return replace(self.shipped.config, threshold=tuple(one if one == NEVER else threshold for one in kept))

    def detections(self, config: DecideConfig | None = None) -> list[Detection]:
        """With the thresholds of the header, or others."""
        return detect(self.scored, list(self.labels), config or self.shipped.config)

    def cases(self) -> list[Case]:
        """Stretches of the stream that complete exactly one window, evenly over it: those that go over a line fast."""
        samples, rate = self.stream.samples, self.stream.rate_mhz
        size = int(self.scored.sample[0]) + 1
        count = 4 if 4 * samples[:size].nbytes <= INJECTED else 2
        starts = np.linspace(0, len(samples) - size, count).astype(int)
        return [self._case(start, samples[start : start + size], rate) for start in starts]

    def _case(self, start: int, samples: np.ndarray, rate_mhz: int) -> Case:
        (window,) = self.shipped.app.inputs(samples, rate_mhz).windows
        return Case(f"from sample {start}", samples, rate_mhz, window)


@functools.cache
def truth_of(app: str) -> Truth:
    """UserError where the stream cannot be made (the words need espeak-ng)."""
    shipped = committed(find(app, quick=app != "keyword_spotting"), ROOT / f"lib/{app}_model")
    made, labels = STREAMS[app](shipped)
    return Truth(shipped, tuple(labels), shipped.app.score(made, shipped.model))


def _gestures(shipped: Committed) -> tuple[Stream, list[str]]:
    data = shipped.app.data(None, 0)
    stream = shipped.app.streams(data, 0)[0]
    return cut(stream, round(SECONDS * stream.rate_mhz / 1000)), shipped.labels(data)


def _falls(shipped: Committed) -> tuple[Stream, list[str]]:
    rate_hz = shipped.app.config.front_end.rate_hz
    data = shipped.app.data(falls.generate(falls.Plan(people=2, falls=4, activities=1, rate_hz=rate_hz), 1), 0)
    return shipped.app.streams(data, 0)[0], shipped.labels(data)


def _machines(shipped: Committed) -> tuple[Stream, list[str]]:
    """The first in which Python finds a fault."""
    plan = machines.Plan(speeds=2, seconds=90, rate_hz=shipped.app.found.rate_mhz / 1000)
    data = shipped.app.data(machines.generate(plan, 1), 0)
    labels = ["normal", "anomalous"]
    for stream in shipped.app.streams(data, 0):
        if detect(shipped.app.score(stream, shipped.model), labels, shipped.config):
            return stream, labels
    raise AssertionError("no simulated fault is found by the committed model")


def _words(shipped: Committed) -> tuple[Stream, list[str]]:
    """Some keywords with pauses, over a little noise."""
    labels = [label.decode() for label in shipped.model.model.label[: shipped.model.model.classes]]
    chance = np.random.default_rng(5)
    pieces = [np.zeros(RATE_HZ)]
    for number, word in enumerate(labels[:6]):
        sound, rate_hz = speak(word, VOICES[number % len(VOICES)])
        pcm = np.rint(sound / np.abs(sound).max() * 12_000).astype(np.int16)
        pieces += [resample_audio(pcm, rate_hz, RATE_HZ), np.zeros(PAUSE)]
    pcm = np.concatenate(pieces)
    noisy = np.clip(np.rint(pcm + chance.normal(0, 20, len(pcm))), -32768, 32767).astype(np.int16)
    return Stream("voices", noisy[:, None], RATE_HZ * 1000, (), "mic"), labels


STREAMS = {
    "gesture_recognition": _gestures,
    "fall_detection": _falls,
    "vibration_anomaly": _machines,
    "keyword_spotting": _words,
}
