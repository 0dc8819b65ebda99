"""`python -m ml verify` for an application with a classical model: features and scores, byte for byte.

What is expected is the same C on this computer, which was compared with its integers in numpy when the header was made;
the header's CRC-32 is of those integers, so `host` compares with it. Windows are those of the people held out when the
header was made here, else of simulated people.
"""

import json
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import click
import numpy as np

from ml.classical.check import fixed_row
from ml.classical.features import features
from ml.classical.host import HostClassical
from ml.classical.products import PRODUCTS
from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import MODEL_INPUT, Command
from ml.paths import ROOT
from ml.pipeline.contract import App, find
from ml.progress import track

FEW = 20  # windows of simulated people
STAGES = ("features", "scores")


@dataclass(frozen=True)
class Product:
    """An application with a classical model, as its header says."""

    name: str
    text: str
    inputs: int
    classes: int
    hash: str
    check: int  # CRC-32 of the scores for the fixed row

    def host(self) -> HostClassical:
        return HostClassical(self.text, self.name, self.inputs, self.classes)


def product(name: str) -> Product:
    """Reads lib/<name>_model."""
    path = ROOT / "lib" / f"{name}_model" / f"{name}.h"
    try:
        text = path.read_text()
        numbers = [re.findall(rf"#define {name}_{what} (\d+)", text)[0] for what in ("INPUTS", "CLASSES")]
        said = re.findall(rf'#define {name}_HASH "([0-9a-f]{{16}})"', text)[0]
        check = re.findall(rf"#define {name}_CHECK UINT32_C\(0x([0-9a-f]{{8}})\)", text)[0]
    except (OSError, IndexError):
        raise UserError(f"{path}: expected a header of `python -m ml classical {name}`, found none; run that") from None
    return Product(name, text, int(numbers[0]), int(numbers[1]), said, int(check, 16))


@dataclass(frozen=True)
class Window:
    """Samples that complete windows, and what they come to."""

    name: str
    samples: np.ndarray
    rate_mhz: int
    windows: int
    expected: tuple[bytes, bytes]  # features and scores of the last one


def windows(found: Product, count: int | None) -> Iterator[Window]:
    """Held-out windows with what the C on this computer makes of them, evenly spread where fewer are wanted."""
    app, host = find(PRODUCTS[found.name], quick=True), found.host()
    app = app.of_header(ROOT / "lib" / f"{found.name}_model" / f"{found.name}.h")
    cases = _cases(found.name, app)
    wanted = min(count or len(cases), len(cases))
    for name, samples, rate in track((cases[i * len(cases) // wanted] for i in range(wanted)), found.name, wanted):
        made = app.inputs(samples, rate).windows
        last = features(made[-1:])
        yield Window(name, samples, rate, len(made), (last.tobytes(), host.run(last)[1].astype("<i4").tobytes()))


def _cases(name: str, app: App) -> list[tuple[str, np.ndarray, int]]:
    path = ROOT / "build" / name / "held_out.npz"
    if path.exists():
        try:
            with np.load(path, allow_pickle=False) as kept:
                rows = zip(*(kept[key] for key in ("files", "samples", "count", "rate_mhz")), strict=True)
                return [(str(file), samples[:n], int(rate)) for file, samples, n, rate in rows]
        except (OSError, EOFError, BadZipFile, ValueError, KeyError) as error:
            raise UserError(f"{path}: expected held-out windows, found: {error}; remove it") from None
    data = app.data(None, 0)
    held = app.held_out(data.of(data.subjects[-1:]), app.labels(data))
    rows = zip(held.files, held.samples, held.count, held.rate_mhz, strict=True)
    return [(Path(str(file)).name, samples[:n], int(rate)) for file, samples, n, rate in rows][:FEW]


def verify_classical(name: str, target: str, count: int | None, as_json: bool, upload, prove) -> None:
    """`upload` and `prove` are those of `ml verify`: they build and start a virtual board, and make sure of a board."""
    found = product(name)
    compared = bytes_ = 0
    differing: list[str] = []
    _check(found)
    if target == "host":
        for one in windows(found, count):
            compared, bytes_ = compared + 1, bytes_ + sum(map(len, one.expected))
    else:
        if not ("/" in target or "://" in target or target.upper().startswith("COM")):
            upload(f"{name}-{target}")
        with Device.open(target, app=name) as device:
            prove(device, found.hash)
            for one in windows(found, count):
                compared, bytes_ = compared + 1, bytes_ + sum(map(len, one.expected))
                differing += difference(device, one)
            device.end_injection()
            _self_test(device, found)
    if as_json:
        result = {"app": name, "on": target, "model": found.hash, "windows": compared, "bytes": bytes_}
        click.echo(json.dumps(result | {"windows_differing": len(differing)}, indent=1))
    if differing:
        raise UserError(f"{len(differing)} of {compared} windows differ on {target}; {differing[0]}")
    if not as_json:
        click.echo(f"{name} on {target}: {compared} windows, features and scores: 0 of {bytes_:,} bytes differ")


def _check(found: Product) -> None:
    scores = found.host().run(fixed_row(found.inputs))[1]
    if zlib.crc32(scores.astype("<i4").tobytes()) != found.check:
        raise UserError(f"{found.name}: expected the scores that its header says, found others; make the header again")


def _self_test(device: Device, found: Product) -> None:
    made, expected = device.numbers(Command.SELF_TEST, "<II", timeout=10.0)
    if (made, expected) != (found.check, found.check):
        raise UserError(f"{device.port.name}: expected {found.check:08x} from its self-test, found {made:08x}")


def difference(device: Device, one: Window) -> list[str]:
    """[], or what differs first."""
    count = device.inject(one.samples, one.rate_mhz)
    if count != one.windows:
        return [f"{one.name}: expected {one.windows} windows, found {count}"]
    crcs = device.numbers(Command.RUN_FRONTEND, "<II")[0], device.numbers(Command.RUN_LAYER, "<II", b"\0\0", 10.0)[0]
    for stage, layer, crc, expected in zip(STAGES, (MODEL_INPUT, 0), crcs, one.expected, strict=True):
        if crc != zlib.crc32(expected):
            at_once = device.info.max_payload - 2
            asked = [(layer, at, min(at_once, len(expected) - at)) for at in range(0, len(expected), at_once)]
            made = b"".join(device.command(Command.READ_TENSOR, struct.pack("<HIH", *part)) for part in asked)
            first = next((at for at, (a, b) in enumerate(zip(expected, made, strict=False)) if a != b), len(made))
            return [
                f"{one.name}: {stage} differ at byte {first}: expected {expected[first:][:4]!r}, "
                f"found {made[first:][:4]!r}"
            ]
    return []
