"""What a board answers while its sensor cannot be believed: nothing; and afterwards from a fresh start."""

from dataclasses import dataclass, replace

import numpy as np

from ml.data.streams import Stream, Truth
from ml.evaluate.streams import Scored
from ml.native import health
from ml.native.decide import DecideConfig
from ml.trial.as_shipped import Shipped

LABELS, RATE_MHZ, HOP = ["wave", "none"], 100_000, 10


@dataclass(frozen=True)
class Sure:
    """An application that hears a wave in every eighth window."""

    starts: list
    config: object = None

    def score(self, stream, model):
        self.starts.append(len(stream.samples))
        sample = np.arange(HOP - 1, len(stream.samples), HOP)
        heard = np.arange(len(sample)) % 8 == 0
        return Scored(stream, np.where(heard[:, None], [127, -128], [-128, 127]).astype(np.int8), sample)


@dataclass(frozen=True)
class Made:
    app: Sure
    model: object
    config: DecideConfig


@dataclass(frozen=True)
class Turned(Sure):
    """One that is held otherwise in the first quarter of its windows, and cannot judge those after the half."""

    def score(self, stream, model):
        made = super().score(stream, model)
        number, count = np.arange(len(made.sample)), len(made.sample)
        return replace(made, held=number >= count // 4, blind=number >= count // 2)


def shipped(watch) -> Shipped:
    return Shipped(Made(Sure([]), None, DecideConfig((200, 200), 1, 1, 5)), LABELS, watch)


def moving(seconds: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 300, (int(seconds * RATE_MHZ / 1000), 6))
    samples[:, 2] += 2048
    return np.rint(samples).astype(np.int16)


def test_without_a_fault_everything_is_answered():
    stream = Stream("ann", moving(10), RATE_MHZ, (Truth("wave", 10, 900),))
    watched, alone = (shipped(watch).run(stream) for watch in (health.limits("imu"), None))
    assert watched.flagged == 0
    assert watched.detections == alone.detections
    assert len(watched.scored.sample) == 100
    tally, matched = watched.judged(LABELS, 0.1)
    assert (tally.hits, tally.false) == (1, len(matched) - 1)


def test_a_frozen_sensor_makes_no_answer_from_two_seconds_on_and_what_follows_starts_afresh():
    samples = moving(30)
    samples[1000:2000] = samples[999]
    made = shipped(health.limits("imu"))
    ran = made.run(Stream("ann", samples, RATE_MHZ, ()))
    told = [one.sample for one in ran.detections]
    silent = [one for one in told if 1200 <= one < 2000]
    assert silent == []
    assert [one for one in told if one < 1000]
    assert [one for one in told if one >= 2200]
    assert 0.2 < ran.flagged < 0.4
    assert len(made.made.app.starts) == 2  # before and after
    assert 3000 - HOP <= ran.scored.sample[-1] < 3000
    assert np.all(np.diff(ran.scored.sample) > 0)


def test_a_sensor_that_was_never_believable_has_no_windows():
    ran = shipped(health.limits("imu")).run(Stream("ann", np.zeros((3000, 6), np.int16), RATE_MHZ, ()))
    assert ran.flagged > 0.9
    assert [one.sample for one in ran.detections if one.sample > 200] == []
    assert ran.judged(LABELS, 0.1)[0].hours > 0


def test_an_empty_stream_is_no_fault():
    ran = shipped(health.limits("imu")).run(Stream("ann", np.zeros((0, 6), np.int16), RATE_MHZ, ()))
    assert (ran.flagged, ran.detections, len(ran.scored.sample)) == (0.0, [], 0)


def test_how_long_the_device_is_held_otherwise_is_what_its_front_end_says():
    stream = Stream("ann", moving(10), RATE_MHZ, ())
    turned = Shipped(Made(Turned([]), None, DecideConfig((200, 200), 1, 1, 5)), LABELS, None)
    assert turned.run(stream).held_otherwise == 0.25
    assert turned.run(stream).blind == 0.5
    assert shipped(None).run(stream).held_otherwise == 0  # any way will do
    assert shipped(None).run(stream).blind == 0
