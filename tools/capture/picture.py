"""A picture of a recording as a file, for where there is no terminal: the signal, and of sound its spectrogram."""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")  # no display is needed

import matplotlib.pyplot as plt

from ml.capture.reading import read

SIZE_IN = (10, 4)


def draw(path: Path, rate_hz: float, title: str) -> Path:
    """PNG beside the recording."""
    stream, values = read(path, rate_hz)
    seconds = np.arange(len(values)) / stream.rate_hz
    rows = 2 if stream.is_audio else 1
    figure, axes = plt.subplots(rows, 1, figsize=SIZE_IN, sharex=True, squeeze=False, layout="constrained")
    for index, column in enumerate(stream.columns):
        axes[0, 0].plot(seconds, values[:, index] / column.per_unit, linewidth=0.7, label=column.name)
    axes[0, 0].set_title(title)
    axes[0, 0].legend(loc="upper right", fontsize="small")
    if stream.is_audio and len(values) >= 256:
        with np.errstate(divide="ignore"):  # of silence
            axes[1, 0].specgram(values[:, 0] / 32768, NFFT=256, noverlap=128, Fs=stream.rate_hz, vmin=-140, vmax=-40)
        axes[1, 0].set_ylabel("Hz")
    axes[-1, 0].set_xlabel("s")
    target = path.with_suffix(".png")
    figure.savefig(target, dpi=80)
    plt.close(figure)
    return target
