"""Proves that the firmware that answers is the one that was just flashed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ml.link.device import Device
from ml.link.messages import Info
from ml.paths import ROOT
from ml.rig.errors import RigError, WrongImage

HASH = re.compile(r'^\s+"([0-9a-f]{16})", // hash of the model$', re.MULTILINE)


@dataclass(frozen=True)
class Identity:
    """What session info must say."""

    app: str
    build: str  # nonce of the build
    model: str | None  # hash of the model, None for an application without one


def model_hash(app: str, project: Path) -> str | None:
    """That of lib/<app>_model of the user's project, or of Thimble; None where neither has one."""
    name = f"lib/{app}_model/{app}_model.h"
    header = next((root / name for root in (project, ROOT) if (root / name).is_file()), None)
    if header is None:
        return None
    found = HASH.search(header.read_text(encoding="utf-8"))
    if found is None:
        raise RigError(f"{header}: expected a line with the hash of the model, found none; python -m ml writes it")
    return found[1]


def prove(device: Device, expected: Identity, board: str) -> None:
    """WrongImage when another firmware answers; UserError when nobody does by now."""
    device.ping()  # session info may have waited in a buffer; this answer has not
    wrong = difference(device.info, expected)
    if wrong:
        raise WrongImage(f"{board}: {wrong}; is this the board that was flashed, and did it start the new image?")


def difference(info: Info, expected: Identity) -> str | None:
    """The first thing in which a firmware is not the expected one."""
    model = info.model.hash if info.model else None
    for what, wanted, found in (
        ("the application", expected.app, info.app),
        ("build", expected.build, info.build),
        ("the model", expected.model, model),
    ):
        if wanted != found:
            return f"expected {what} {wanted or 'none'}, found {found or 'none'}"
    return None
