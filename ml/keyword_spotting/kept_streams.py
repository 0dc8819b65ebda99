"""Streams as they were made before: ten hours of sound take minutes, and choosing, judging, `ml stream` and
`ml robustness` ask for the same ones."""

import dataclasses
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import soundfile

from ml.data.streams import Stream, Truth
from ml.kept import made_once
from ml.paths import CACHE

FOLDER = CACHE / "streams"
LIST = "streams.json"


def kept(name: str, make: Callable[[], Iterable[Stream]]) -> list[Stream]:
    """What `make` gives, or gave before under the same name, which stands for all that decides it; deleting the folder
    is always safe."""
    made_once(FOLDER / name, lambda folder: _write(folder, make()))
    return _read(FOLDER / name)


def _write(folder: Path, streams: Iterable[Stream]) -> None:
    listed = []
    for number, one in enumerate(streams):
        rest = {field: getattr(one, field) for field in ("subject", "rate_mhz", "sensor")}
        listed.append(rest | {"truth": [dataclasses.astuple(word) for word in one.truth]})
        soundfile.write(folder / f"{number}.flac", one.samples, one.rate_mhz // 1000, "PCM_16")
    (folder / LIST).write_text(json.dumps(listed))


def _read(folder: Path) -> list[Stream]:
    made = []
    for number, one in enumerate(json.loads((folder / LIST).read_text())):
        samples, _ = soundfile.read(folder / f"{number}.flac", dtype="int16", always_2d=True)
        truth = tuple(Truth(*word) for word in one.pop("truth"))
        made.append(Stream(samples=samples, truth=truth, **one))
    return made
