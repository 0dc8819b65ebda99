"""How large the buffers of front end, decision and detector must be for a model: they default to more."""

from __future__ import annotations

import re

from ml.export.model import Model


def sizes(model: Model) -> dict[str, int]:
    """Macro -> value, for the sources of an export; empty for a network alone."""
    if not model.kind.pipeline:
        return {}
    found = {
        "DECIDE_MAX_CLASSES": max(2, model.setting("decide_config", "classes")),
        "DECIDE_MAX_SMOOTHING": model.setting("decide_config", "smoothing"),
    }
    if model.kind.name == "sound":
        found |= {
            "LOGMEL_MAX_WINDOW": model.setting("logmel_config", "window"),
            "LOGMEL_MAX_FFT": _transform(model),
            "LOGMEL_MAX_BANDS": model.setting("logmel_config", "bands"),
        }
    if model.kind.name == "machine":
        found |= {name: int(value) for name, value in re.findall(r"(VIBRATION_MAX_\w+) < (\d+)", model.text)}
        found |= {
            "VIBRATION_MAX_AVERAGE": model.setting("vibration_config", "average"),
            "ANOMALY_MAX_FEATURES": model.number("bytes of the input"),
        }
    return found


def _transform(model: Model) -> int:
    found = re.search(r"^    &fft_(\d+), // fft", model.text, re.MULTILINE)
    return int(found[1]) if found else 512
