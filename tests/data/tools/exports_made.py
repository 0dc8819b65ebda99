"""Data sets and other tools' files, made for tests."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from ml.data.audio import write_audio
from ml.data.recordings import ACCEL_PER_G, GRAVITY, GYRO_PER_DPS

MOVEMENTS = {"wave": (2.0, 0, 2500), "punch": (6.0, 1, 2500), "none": (0.3, 2, 400)}  # hertz, axis, counts


def counts(label: str, number: int, seconds: float = 2.0, rate: float = 50.0, columns: int = 6) -> np.ndarray:
    """int16 (n, columns) of a movement, each a little different."""
    hertz, axis, reach = MOVEMENTS[label]
    rng = np.random.default_rng([number, axis])
    times = np.arange(int(seconds * rate)) / rate
    made = rng.normal(0, 15, (len(times), 6))
    for column in range(6):  # no hand moves twice alike
        made[:, column] += np.convolve(rng.normal(0, 250, len(times)), np.ones(5) / 2, "same")
    made[:, 2] += ACCEL_PER_G
    made[:, axis] += reach * np.sin(2 * np.pi * hertz * times + rng.uniform(0, 6))
    made[:, 3 + axis] += 2 * reach * np.sin(2 * np.pi * hertz * times)
    return np.rint(made[:, :columns]).astype(np.int16)


def table(samples: np.ndarray) -> pd.DataFrame:
    """In m/s2 and deg/s, as our files have it."""
    scale = np.array([GRAVITY / ACCEL_PER_G] * 3 + [1 / GYRO_PER_DPS] * 3)[: samples.shape[1]]
    names = ["ax", "ay", "az", "gx", "gy", "gz"][: samples.shape[1]]
    return pd.DataFrame((samples * scale).round(5), columns=names)


def motion_set(folder: Path, people=("ann", "bob", "cem"), each: int = 4, **how) -> Path:
    """A data set of single repetitions."""
    rows = []
    for person, subject in enumerate(people):
        for label in MOVEMENTS:
            for take in range(each):
                file = f"{subject}/{label}_{take}.csv"
                (folder / subject).mkdir(parents=True, exist_ok=True)
                table(counts(label, 100 * person + take, **how)).to_csv(folder / file, index=False)
                rate = how.get("rate", 50.0)
                rows.append(
                    {"file": file, "label": label, "subject": subject, "sample_rate_hz": rate, "licence": "MIT"}
                )
    pd.DataFrame(rows).to_csv(folder / "manifest.csv", index=False)
    return folder


def tone(hertz: float, seed: int = 0, seconds: float = 0.5, rate: int = 16000) -> np.ndarray:
    rng = np.random.default_rng(seed)
    times = np.arange(int(seconds * rate)) / rate
    hertz *= 1 + 0.1 * rng.uniform()  # nobody says a word twice alike
    return np.rint(6000 * np.sin(2 * np.pi * hertz * times) * np.hanning(len(times)) + rng.normal(0, 700, len(times)))


def sound_set(folder: Path, people=("ann", "bob")) -> Path:
    rows = []
    for person, subject in enumerate(people):
        for label, hertz in (("low", 300), ("high", 2500)):
            for take in range(3):
                file = f"{subject}/{label}_{take}.wav"
                (folder / subject).mkdir(parents=True, exist_ok=True)
                write_audio(folder / file, tone(hertz + 40 * take, 10 * person + take).astype(np.int16), 16000)
                rows.append({"file": file, "label": label, "subject": subject, "sample_rate_hz": 16000})
    pd.DataFrame(rows).to_csv(folder / "manifest.csv", index=False)
    return folder


def edge_impulse(values, names=("accX", "accY", "accZ"), units=("m/s2",) * 3, interval_ms=20.0) -> dict:
    """A document of the acquisition format."""
    sensors = [{"name": name, "units": unit} for name, unit in zip(names, units, strict=True)]
    payload = {"device_name": "dev:1", "device_type": "X", "interval_ms": interval_ms, "sensors": sensors}
    values = np.asarray(values, float).tolist()
    return {
        "protected": {"ver": "v1", "alg": "none", "iat": 0},
        "signature": "0" * 64,
        "payload": payload | {"values": values},
    }


def write_json(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path
