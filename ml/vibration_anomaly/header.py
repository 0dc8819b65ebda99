"""The application's part of the generated header, as C, and back from one."""

import math
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.errors import UserError
from ml.native import anomaly, machine, vibration
from ml.native.anomaly import Gaussians, Learning, Reconstruction
from ml.native.decide import DecideConfig
from ml.native.machine import MachineConfig
from ml.native.vibration import VibrationConfig
from ml.printable import printable
from ml.vibration_anomaly.config import OCTAVE

NAME = "vibration_anomaly"
WIDTH = 110
INCLUDES = "".join(
    f'#include "{name}"\n'
    for name in ("anomaly/detector.h", "anomaly/machine.h", "decide/decide.h", "frontend/vibration.h")
)


def sections(
    front_end: VibrationConfig,
    tables: Gaussians,
    compared: Reconstruction,
    method: str,
    hiding: tuple[str, ...],
    learning: Learning,
    watched: MachineConfig,
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
    rule = f"// Detector: the {method}'s distance counts.\n{_hiding(hiding)}"
    return [
        INCLUDES,
        window + vibration.c_source(front_end, f"{NAME}_frontend"),
        _watching(watched, front_end.rate_mhz),
        rule + anomaly.c_source(tables, compared, method, learning, decision.threshold[1], f"{NAME}_detector"),
        _decision(decision),
    ]


def _hiding(speeds: tuple[str, ...]) -> str:
    """A comment about the speeds at which faults do not show."""
    if not speeds:
        return ""
    words = printable(f"Faults do not show at {', '.join(speeds)}; between these and the next nobody knows.")
    return "".join(f"// {line}\n" for line in textwrap.wrap(words, WIDTH))


def _watching(config: MachineConfig, rate_mhz: int) -> str:
    seconds = config.block * 1000 / rate_mhz
    counts = math.sqrt(2 ** (config.off_level / OCTAVE))
    return f"""// What the machine does, by blocks of {config.block} samples, {seconds:.3g} s.
// It is off where it shakes by less than {counts:.3g} counts, 2048 of which are 1 g.
{machine.c_source(config, f"{NAME}_machine")}"""


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


@dataclass(frozen=True)
class Found:
    """What a header holds besides the network."""

    mixture: Gaussians
    compared: Reconstruction
    method: str
    rate_mhz: int
    off_level: int
    threshold: int  # of the decision


def read(header: Path) -> Found:
    """The application's part of a generated header."""
    text = header.read_text()
    method = _one(text, rf"anomaly_config {NAME}_detector = \{{\s*ANOMALY_(\w+)", header).lower()
    rate = _one(text, rf"vibration_config {NAME}_frontend_config = \{{\s*(\d+)", header)
    blind = _one(text, rf"anomaly_gaussians {NAME}_detector_gaussians = \{{\s*\d+, \d+, (\d+)", header)
    off = _one(text, rf"machine_config {NAME}_machine = \{{[^}}]*?(-?\d+), // off_level", header)
    threshold = _one(text, rf" {NAME}_threshold\[\] = \{{\d+, (\d+)\}}", header)
    mean, inverse, offset, deviation = (
        _array(text, f"{NAME}_detector_{part}", header) for part in ("mean", "inverse", "offset", "deviation")
    )
    count = len(offset)
    tables = Gaussians(
        mean.reshape(count, -1).astype(np.int16),
        inverse.reshape(count, -1).astype(np.int16),
        offset.astype(np.uint32),
        int(blind),
    )
    return Found(tables, Reconstruction(deviation.astype(np.int16)), method, int(rate), int(off), int(threshold))


def _one(text: str, pattern: str, header: Path) -> str:
    found = re.search(pattern, text)
    if not found:
        raise UserError(f"{header}: expected a vibration model, found another; make it with: python -m ml run {NAME}")
    return found[1]


def _array(text: str, name: str, header: Path) -> np.ndarray:
    body = _one(text, rf" {name}\[\d+\] = \{{([^}}]*)\}}", header)
    return np.array([int(value, 0) for value in body.replace("\n", " ").split(",") if value.strip()], np.int64)
