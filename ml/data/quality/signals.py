"""Findings from the samples of one recording: silent, clipped, stuck, or in other units than stated.

The limits were set by looking at real recordings (docs/data_tools.md, "What is flagged"): phones' accelerometers reach
the end of their range in every fall, and must; a loud word touches full scale; a recording of silence is quiet.
"""

import numpy as np

from ml.data.quality.finding import Finding
from ml.data.recordings import ACCEL_PER_G, GYRO_PER_DPS, Recording

QUIET_LABELS = ("silence", "background", "noise", "none", "quiet")  # where nothing is meant, nothing need be heard
FULL_SCALE = 32767
RUN = 3  # samples in a row at the end of the range are a clipped peak; one or two may just have reached it
LEAST_SOUND = 0.05 * FULL_SCALE
LEAST_ACCEL = 1.9 * ACCEL_PER_G  # no accelerometer has a range below 2 g, and one at rest shows 1 g
LEAST_GYRO = 120 * GYRO_PER_DPS
CLIPPED_SOUND = 0.2  # share of the samples: beyond that its spectrum is another one
CLIPPED_MOTION = 0.95  # of one axis, at one end: it hangs. Shaken beyond 2 g it spends as long at both ends together
DOUBTFUL_SOUND = 0.01
DOUBTFUL_MOTION = 0.05
SILENT = 8.0  # counts, -72 dB of full scale: root mean square of the loudest 30 ms
FRAME_S = 0.03
OFFSET = 0.1  # of full scale
WEIGHTLESS = 0.4  # g, the median length of the acceleration of a sensor that feels gravity
CRUSHED = 6.0  # g; a gesture of a second may be all vigour


def signals(recording: Recording, label: str = "") -> list[Finding]:
    """All that its samples tell."""
    quiet = any(word in label.lower() for word in QUIET_LABELS)
    if not len(recording.samples):
        return [Finding("empty", "expected samples, found none; record it again", unusable=True)]
    return _sound(recording, quiet) if recording.sensor == "mic" else _motion(recording)


def _sound(recording: Recording, quiet: bool) -> list[Finding]:
    samples = recording.samples[:, 0]
    found = []
    if not quiet:
        found += _silent(samples, recording.rate_mhz / 1000)
    share = sum(clipped(samples, LEAST_SOUND))
    found += _clipped(share, "the samples", DOUBTFUL_SOUND, unusable=share > CLIPPED_SOUND)
    mean = float(samples.mean()) / FULL_SCALE
    if abs(mean) > OFFSET:
        found.append(Finding("offset", f"expected a mean near 0, found {mean:.0%} of full scale; is the bias removed?"))
    return found


def _silent(samples: np.ndarray, rate_hz: float) -> list[Finding]:
    if len(samples) > 1 and (samples == samples[0]).all():
        text = f"expected a signal, found {len(samples)} samples that are all the same; is the sensor connected?"
        return [Finding("constant", text, unusable=True)]
    loudest = loudest_frame(samples, rate_hz)
    if loudest < SILENT:
        text = f"expected sound, found {loudest:.1f} counts (rms) at its loudest; label it silence, or record it again"
        return [Finding("silent", text, unusable=True)]
    return []


def _motion(recording: Recording) -> list[Finding]:
    samples = recording.samples
    still = (samples == samples[0]).all(axis=0)
    if still.all() and len(samples) > 1:
        text = f"expected a signal, found {len(samples)} samples that are all the same; is the sensor connected?"
        return [Finding("constant", text, unusable=True)]
    found = []
    for axis in range(samples.shape[1]):
        name = ("ax", "ay", "az", "gx", "gy", "gz")[axis]
        if still[axis] and samples[0, axis] and len(samples) > 1:  # a column of zeros is one that the sensor lacks
            found.append(Finding("stuck", f"expected {name} to change, found {samples[0, axis]} counts throughout"))
        least = LEAST_ACCEL if axis < 3 else LEAST_GYRO
        ends = clipped(samples[:, axis], least)
        found += _clipped(sum(ends), name, DOUBTFUL_MOTION, unusable=max(ends) > CLIPPED_MOTION)
    return found + _units(recording)


def _clipped(share: float, what: str, doubtful: float, unusable: bool) -> list[Finding]:
    if share <= doubtful:
        return []
    text = f"expected {what} within the sensor's range, found {share:.1%} at its end; choose a wider range or less gain"
    return [Finding("clipped", text, unusable)]


def _units(recording: Recording) -> list[Finding]:
    """A sensor that feels gravity feels about 1 g most of the time, however it is moved."""
    accel = recording.samples[:, :3].astype(float) / ACCEL_PER_G
    usual = float(np.median(np.linalg.norm(accel, axis=1)))
    if not recording.gravity or WEIGHTLESS <= usual <= CRUSHED:
        return []
    text = (
        f"expected about 1 g (9.8 m/s2), found {usual:.2f} g throughout; is the acceleration in m/s2 and with gravity?"
    )
    return [Finding("units", text)]


def clipped(samples: np.ndarray, least: float) -> tuple[float, float]:
    """Shares of int (n,) that lie in runs of RUN and more at the highest and at the lowest value.

    Whatever the sensor's range, what exceeds it comes as the same value again and again. No range ends below `least`
    counts: what repeats there is a signal at rest.
    """
    highest, lowest = int(samples.max(initial=0)), int(samples.min(initial=0))
    high, low = (float(_in_runs(samples == end).mean()) if abs(end) >= least else 0.0 for end in (highest, lowest))
    return high, low


def _in_runs(hit: np.ndarray) -> np.ndarray:
    """True where bool (n,) is true for RUN samples and more."""
    edges = np.diff(np.concatenate([[0], hit.astype(np.int8), [0]]))
    made = np.zeros(len(hit), bool)
    for start, end in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True):
        made[start:end] = end - start >= RUN
    return made


def loudest_frame(samples: np.ndarray, rate_hz: float) -> float:
    """Root mean square of the loudest FRAME_S of int16 (n,), without its mean, in counts."""
    frame = max(1, min(len(samples), int(FRAME_S * rate_hz)))
    whole = samples[: len(samples) // frame * frame].astype(float).reshape(-1, frame)
    return float(np.sqrt(np.mean((whole - samples.mean()) ** 2, axis=1)).max())
