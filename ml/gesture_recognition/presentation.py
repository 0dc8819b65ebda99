"""Presents a recorded repetition to the model when the model is judged.

One window for each repetition, unchanged, as the stream would give it at the moment when the gesture lies in its
middle: the recorded samples, cut to the window where longer, with rest before and after where shorter. Recordings from
which gravity was removed get it back (hold.py).
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from ml.data.manifest import Dataset, Item
from ml.data.recordings import Recording
from ml.errors import UserError
from ml.gesture_recognition.config import FrontEnd
from ml.gesture_recognition.hold import felt
from ml.native.imu import span, windows
from ml.train.examples import HeldOut


def held_out(dataset: Dataset, labels: list[str], front_end: FrontEnd) -> HeldOut:
    """One window for each repetition (those in the takes where there are no single ones)."""
    cases = [(item.file, item.label, item.recording) for item in dataset.repetitions()]
    cases = cases or [case for item in dataset.takes() for case in _repetitions_of(item)]
    if not cases:
        raise UserError("expected repetitions to test with, found none")
    shown = [present(recording, front_end) for _, _, recording in cases]
    rates = [recording.rate_mhz for _, _, recording in cases]
    longest = max(len(samples) for samples in shown)
    return HeldOut(
        samples=np.stack([np.pad(samples, ((0, longest - len(samples)), (0, 0))) for samples in shown]),
        count=np.array([len(samples) for samples in shown]),
        rate_mhz=np.array(rates),
        inputs=np.stack(
            [windows(samples, front_end.imu(), rate).windows[0] for samples, rate in zip(shown, rates, strict=True)]
        ),
        labels=np.array([labels.index(label) for _, label, _ in cases]),
        files=np.array([file for file, _, _ in cases]),
    )


def _repetitions_of(item: Item) -> Iterator[tuple[str, str, Recording]]:
    recording = item.recording
    for start, end in recording.movements:
        piece = Recording(recording.samples[start:end], recording.rate_mhz, recording.gravity)
        yield f"{item.file}[{start}:{end}]", item.label, piece


def present(recording: Recording, front_end: FrontEnd) -> np.ndarray:
    """Exactly the samples, int16 (n, 6), after which the first window is due, the repetition in their middle."""
    count = span(front_end.window, front_end.imu().rate_mhz, recording.rate_mhz)
    first = count + (len(recording.samples) - count) // 2
    whole = dataclasses.replace(recording, samples=at_rest_around(recording, count, count), active=None)
    return felt(whole, front_end.hold).samples[first : first + count]


def at_rest_around(recording: Recording, before: int, after: int) -> np.ndarray:
    """The samples with rest on both sides: no turning, and no force but the gravity there was at the ends."""
    ends = recording.samples[[0, -1]].copy()
    ends[:, 3:] = 0
    if not recording.gravity:
        ends[:] = 0
    return np.concatenate([np.tile(ends[0], (before, 1)), recording.samples, np.tile(ends[1], (after, 1))])
