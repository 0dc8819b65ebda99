"""Stretches in which something happens: what the gate of the firmware, of voice or of motion, would be open for."""

import math
from pathlib import Path

import numpy as np

from ml.data.audio import resample_audio
from ml.data.reading import read_file
from ml.data.recordings import ACCEL_PER_G, Recording, runs
from ml.native import vad
from ml.native.gate import GateConfig, gates
from ml.native.logmel import RATES_HZ, LogmelConfig, log_mel
from ml.native.motion import motion
from ml.native.vad import VadConfig

VOICE = GateConfig(open_at=6 * vad.ONE, keep_at=3 * vad.ONE, hold=12)  # frames of 20 ms
OPEN_G, KEEP_G, HOLD_S = 0.2, 0.15, 0.25
SETTLE_S = 0.6  # in which the motion's gravity follows
LEAST_S, BEFORE_S = 0.08, 0.1


def candidates(path: Path, rate_hz: float) -> list[tuple[float, float]]:
    """Seconds from and to."""
    made = read_file(path, rate_hz)
    is_open, step_s = _voice(made) if made.sensor == "mic" else _movement(made)
    found = [(max(0.0, start * step_s - BEFORE_S), min(end * step_s, made.seconds)) for start, end in runs(is_open)]
    return [(round(start, 6), round(end, 6)) for start, end in found if end - start >= LEAST_S + BEFORE_S]


def _voice(made: Recording) -> tuple[np.ndarray, float]:
    rate = made.rate_mhz // 1000
    wanted = max((one for one in RATES_HZ if one <= rate), default=min(RATES_HZ))
    samples = resample_audio(made.samples[:, 0], rate, wanted) if rate > wanted else made.samples[:, 0]
    config = (
        LogmelConfig(rate_hz=16000) if wanted == 16000 else LogmelConfig(rate_hz=8000, window=240, hop=160, fft=256)
    )
    frames = log_mel([np.ascontiguousarray(samples)], config).frames
    return gates(vad.levels(frames, VadConfig())[0], VOICE), config.hop / wanted


def _movement(made: Recording) -> tuple[np.ndarray, float]:
    rate = made.rate_mhz / 1000
    shift = max(0, min(15, round(math.log2(max(1.0, SETTLE_S * rate)))))
    moved = motion(np.ascontiguousarray(made.samples[:, :3]), shift)["linear_magnitude"]
    hold = max(1, min(65535, round(HOLD_S * rate)))
    gate = GateConfig(round(OPEN_G * ACCEL_PER_G), round(KEEP_G * ACCEL_PER_G), hold)
    return gates(moved, gate), 1 / rate
