"""Logs that no board made: figures that a test knows."""

import numpy as np

from tools.latency_log.log import COLUMNS, Header, Log, Rows

HEADER = Header("gesture_recognition", "nano33ble", "b1", "gesture_recognition", "6dc043b284082f29", 64_000_000, 8325)


def log(inference: np.ndarray, name: str = "log", header: Header = HEADER, **columns: np.ndarray) -> Log:
    """Inferences of so many cycles each, a window every 120 ms; other columns as given."""
    count = len(inference)
    usual = {
        "start": np.zeros(count),
        "time_us": 1_200_000 + 120_120 * np.arange(count),
        "window": 1 + np.arange(count),
        "lost": np.zeros(count),
        "awake": np.ones(count),
        "frontend_cycles": np.full(count, 11_000),
        "inference_cycles": inference,
        "decide_cycles": np.full(count, 400),
        "latency_us": 300 + (11_400 + inference) // 64,
        "slept_us": np.full(count, 100_000),
    }
    return Log(name, header, Rows.of({key: np.asarray((usual | columns)[key], np.int64) for key in COLUMNS}))


def noisy(count: int, seed: int, mean: float = 60_000, spread: float = 0.05, memory: float = 0.0) -> np.ndarray:
    """Cycles that wander about a mean: each is `memory` times the one before and the rest chance."""
    random = np.random.default_rng(seed).normal(0, 1, count + 50)
    wander = np.zeros(count + 50)
    for at in range(1, count + 50):
        wander[at] = memory * wander[at - 1] + np.sqrt(1 - memory**2) * random[at]
    return np.rint(mean * (1 + spread * wander[50:])).clip(1).astype(np.int64)
