"""The application's part of the generated header, as C, and back from one."""

import re
from pathlib import Path

import numpy as np

from ml.errors import UserError
from ml.native import anomaly, vibration
from ml.native.anomaly import Gaussians, Reconstruction
from ml.native.decide import DecideConfig
from ml.native.vibration import VibrationConfig

NAME = "vibration_anomaly"
INCLUDES = '#include "anomaly/detector.h"\n#include "decide/decide.h"\n#include "frontend/vibration.h"\n'


def sections(
    front_end: VibrationConfig,
    tables: Gaussians,
    compared: Reconstruction,
    method: str,
    ridge: float,
    decision: DecideConfig,
) -> list[str]:
    """C text: includes, VIBRATION_ANOMALY_WINDOW, and `vibration_anomaly_frontend_config`, `_detector`, `_decide`."""
    seconds = front_end.span * 1000 / front_end.rate_mhz
    window = f"""// Front end: of each axis {", ".join(front_end.names)}; the mean of {front_end.average} blocks of
// {front_end.size} samples, {seconds:.3g} s, one every {front_end.step} samples.
#define VIBRATION_ANOMALY_WINDOW {front_end.span} // samples
#if VIBRATION_MAX_FFT < {front_end.size} || VIBRATION_MAX_FEATURES < {front_end.features}
#error "build with VIBRATION_MAX_FFT={front_end.size} and VIBRATION_MAX_FEATURES={front_end.features}, see app.ini"
#endif
"""
    rule = f"// Detector: the {method}'s distance counts.\n"
    return [
        INCLUDES,
        window + vibration.c_source(front_end, f"{NAME}_frontend"),
        rule + anomaly.c_source(tables, compared, method, round(ridge * 256), f"{NAME}_detector"),
        _decision(decision),
    ]


def _decision(config: DecideConfig) -> str:
    return f"""// Decision, chosen on streams of speeds that were not trained with: normal, anomalous.
static const uint8_t {NAME}_threshold[] = {{{", ".join(map(str, config.threshold))}}};
static const decide_config {NAME}_decide = {{
    {len(config.threshold)}, // classes
    {config.background}, // background
    {config.smoothing}, // smoothing, windows
    {config.refractory}, // refractory time, windows
    {NAME}_threshold, // of 255
}};
"""


def read(header: Path) -> tuple[Gaussians, Reconstruction, str, int]:
    """Mixture, reconstruction, method and the front end's rate in millihertz, of a generated header."""
    text = header.read_text()
    method = _one(text, rf"anomaly_config {NAME}_detector = \{{\s*ANOMALY_(\w+)", header).lower()
    rate = _one(text, rf"vibration_config {NAME}_frontend_config = \{{\s*(\d+)", header)
    mean, inverse, offset, deviation = (
        _array(text, f"{NAME}_detector_{part}", header) for part in ("mean", "inverse", "offset", "deviation")
    )
    count = len(offset)
    tables = Gaussians(
        mean.reshape(count, -1).astype(np.int16), inverse.reshape(count, -1).astype(np.int16), offset.astype(np.uint32)
    )
    return tables, Reconstruction(deviation.astype(np.int16)), method, int(rate)


def _one(text: str, pattern: str, header: Path) -> str:
    found = re.search(pattern, text)
    if not found:
        raise UserError(f"{header}: expected a vibration model, found another; make it with: python -m ml run {NAME}")
    return found[1]


def _array(text: str, name: str, header: Path) -> np.ndarray:
    body = _one(text, rf" {name}\[\d+\] = \{{([^}}]*)\}}", header)
    return np.array([int(value, 0) for value in body.replace("\n", " ").split(",") if value.strip()], np.int64)
