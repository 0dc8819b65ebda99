"""A recorded file as samples again, to be shown and played."""

from pathlib import Path

import numpy as np
import soundfile

from ml.capture.events import Column, Stream
from ml.errors import UserError


def read(path: Path, rate_hz: float) -> tuple[Stream, np.ndarray]:
    """The stream, and (n, columns): int16 for sound, otherwise the numbers of the file."""
    try:
        if path.suffix == ".wav":
            samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
            return Stream("mic", rate, (Column("pcm", "FS", 32768),)), samples
        names = path.read_text().partition("\n")[0].split(",")[1:]
        values = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[:, 1:]
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: expected a recording, cannot read it ({reason}); discard the take") from None
    return Stream(path.stem, rate_hz, tuple(Column(name, "", 1.0) for name in names)), values
