"""Reads and writes sound: WAV and FLAC, one channel, as the int16 that a microphone gives.

samples, rate_hz = read_audio(path)      # int16 (n,), samples per second
fewer = resample_audio(samples, 44100, 16000)
"""

from math import gcd
from pathlib import Path

import numpy as np
import soundfile

from ml.data.recordings import saturate
from ml.errors import UserError

FORMATS = ("WAV", "WAVEX", "FLAC")
FLOATS = ("FLOAT", "DOUBLE")
FULL_SCALE = 32768
STREAMED = 0xFFFFF000  # bytes; so much is stated by programs that could not know
BLOCK = 1 << 18  # samples read at a time: a header's length is believed only as far as there are samples
LONGEST = 1 << 28  # samples; 4.6 hours at 16 kHz


def read_audio(path: Path) -> tuple[np.ndarray, int]:
    """Samples int16 (n,) and the rate in hertz that the file states. UserError where it is damaged or cut short."""
    try:
        with soundfile.SoundFile(path) as file:
            _check_form(file, path)
            _check_whole(path)
            return _samples(file, path), file.samplerate
    except (soundfile.SoundFileError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: expected a WAV or FLAC file, cannot read it ({_reason(error)}); record it again"
        ) from None


def _check_form(file: soundfile.SoundFile, path: Path) -> None:
    if file.format not in FORMATS:
        raise UserError(f"{path}: expected WAV or FLAC, found {file.format}; convert it")
    if file.channels != 1:
        raise UserError(f"{path}: expected one channel, found {file.channels}; keep one of them")


def _check_whole(path: Path) -> None:
    """libsndfile takes a WAV that was cut short for a shorter one; its header says how long it was."""
    with path.open("rb") as file:
        head = file.read(8)
    stated, found = int.from_bytes(head[4:], "little") + len(head), path.stat().st_size
    if head[:4] == b"RIFF" and found < stated < STREAMED:
        raise UserError(f"{path}: expected {stated} bytes, as it says itself, found {found}: cut short; copy it again")


def _samples(file: soundfile.SoundFile, path: Path) -> np.ndarray:
    kind = "float64" if file.subtype in FLOATS else "int16"
    blocks = []
    while sum(map(len, blocks)) <= LONGEST:
        blocks.append(file.read(BLOCK, dtype=kind))
        if len(blocks[-1]) < BLOCK:
            break
    samples = np.concatenate(blocks)
    if not 0 < len(samples) <= LONGEST:
        raise UserError(f"{path}: expected 1 to {LONGEST} samples, found {len(samples)}; record it again")
    if len(samples) < file.frames:
        raise UserError(
            f"{path}: expected {file.frames} samples, as it says itself, found {len(samples)}: it was cut short; "
            "copy it again"
        )
    return samples if kind == "int16" else _from_floats(samples, path)


def _from_floats(samples: np.ndarray, path: Path) -> np.ndarray:
    wrong = np.flatnonzero(~np.isfinite(samples))
    if len(wrong):
        raise UserError(f"{path}: expected numbers, found {samples[wrong[0]]} as sample {wrong[0]}; record it again")
    return saturate(samples * FULL_SCALE)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text.rsplit(": ", 1)[-1][:120] or type(error).__name__


def resample_audio(samples: np.ndarray, rate_hz: int, wanted_hz: int) -> np.ndarray:
    """int16 (n,) at a lower rate: polyphase, with a Kaiser-windowed low-pass (scipy.signal.resample_poly, beta 5)."""
    if rate_hz == wanted_hz:
        return samples
    from scipy.signal import resample_poly  # noqa: PLC0415  takes a second to import, which most commands need not

    divisor = gcd(rate_hz, wanted_hz)
    return saturate(resample_poly(samples.astype(float), wanted_hz // divisor, rate_hz // divisor))


def write_audio(path: Path, samples: np.ndarray, rate_hz: int) -> None:
    """Writes int16 (n,) without loss: WAV or FLAC, as the name says."""
    soundfile.write(path, samples, rate_hz, subtype="PCM_16")
