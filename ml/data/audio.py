"""Reads and writes sound: WAV and FLAC, one channel, as the int16 that a microphone gives.

samples, rate_hz = read_audio(path)      # int16 (n,), samples per second
fewer = resample_audio(samples, 44100, 16000)
"""

from math import gcd
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from ml.data.recordings import saturate
from ml.data.untrusted import MAX_SOUND, opened
from ml.errors import UserError

FORMATS = ("WAV", "WAVEX", "FLAC")
FLOATS = ("FLOAT", "DOUBLE")
FULL_SCALE = 32768
STREAMED = 0x7FFFF000  # bytes and more are stated by programs that write to a pipe and cannot know (sox, arecord)
SLACK = 8  # bytes; some programs count the head of a chunk as part of it
BLOCK = 1 << 18  # samples read at a time: a header's length is believed only as far as there are samples
LONGEST = 1 << 28  # samples; 4.6 hours at 16 kHz


def read_audio(path: Path) -> tuple[np.ndarray, int]:
    """Samples int16 (n,) and the rate in hertz that the file states. UserError where it is damaged or cut short."""
    _check_whole(path)
    try:
        with soundfile.SoundFile(path) as file:
            _check_form(file, path)
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
    """libsndfile takes a WAV for as long as its header says or as there are bytes, whichever is less: so what the
    header says is held against what is there."""
    with opened(path, MAX_SOUND) as file:
        size = path.stat().st_size
        place = _data(file, size)
        if place is None:
            return
        start, stated = place
        there = size - start
        if stated > there + SLACK and stated < STREAMED:
            raise UserError(
                f"{path}: expected {stated} bytes of samples, as it says itself, found {there}: it was cut short; copy "
                "it again"
            )
        if stated < there and not _chunks(file, start + stated, size):
            raise UserError(
                f"{path}: expected {stated} bytes of samples, as it says itself, found {there - stated} more behind "
                "them that are no part of a WAV file: its header was not finished; write it again with the right size"
            )


def samples_of_wav(path: Path) -> tuple[int, int] | None:
    """Where the samples of a WAV file begin, and how many bytes of them there are; None of any other file."""
    with opened(path, MAX_SOUND) as file:
        size = path.stat().st_size
        place = _data(file, size)
    return None if place is None else (place[0], min(place[1], size - place[0]))


def _data(file: BinaryIO, size: int) -> tuple[int, int] | None:
    """Of a WAV file: where its samples begin, and how many bytes of them it states; None of any other file."""
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    at = len(head)
    while at + 8 <= size:
        file.seek(at)
        name, length = file.read(4), int.from_bytes(file.read(4), "little")
        if name == b"data":
            return at + 8, length
        at += 8 + length + length % 2
    return None


def _chunks(file: BinaryIO, at: int, size: int) -> bool:
    """Whether a WAV file goes on as one, with texts and marks behind its samples."""
    at += at % 2
    while at + 8 <= size:
        file.seek(at)
        name, length = file.read(4), int.from_bytes(file.read(4), "little")
        if not (name.isascii() and name.decode("latin-1").isprintable()):
            return False
        at += 8 + length + length % 2
    return at <= size + SLACK


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
    if len(samples) < file.frames < STREAMED // 4:
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
