"""The rows of a `manifest.csv`, one per recording. All rows are checked before any recording is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ml.data.names import RULE, composed, is_name
from ml.data.recordings import MAX_RATE_HZ
from ml.data.tables import Table
from ml.errors import UserError
from ml.files import inside

REQUIRED = ("file", "label", "subject", "sample_rate_hz")
ALSO = {"rate": "sample_rate_hz"}  # how others name a column
REMARKS = ("session", "source", "licence")
PARTS = ("", "train", "validation", "test")
NOBODY = "none"  # the subject of noise
MAX_REMARK = 200  # characters


@dataclass(frozen=True)
class Row:
    """One recording, not yet read."""

    file: str  # relative to the data set's folder, with /
    path: Path
    label: str
    subject: str
    rate_hz: float
    session: str = ""
    source: str = ""
    licence: str = ""
    part: str = ""  # "train", "validation" or "test" where the publisher of the data says so
    more: dict[str, str] = field(default_factory=dict)  # the other columns, as they are


def read_rows(manifest: Path) -> list[Row]:
    """The rows of a manifest; UserError for the first that is wrong."""
    rows = [_row(manifest, values) for values in read_values(manifest, ALSO)]
    check_once(manifest, rows)
    return rows


def read_values(manifest: Path, other_names: Mapping[str, str] = MappingProxyType({})) -> list[dict[str, str]]:
    """The rows as they stand in a manifest; `other_names` maps names that columns may have to ours."""
    table = Table(manifest)
    names = [other_names.get(name, name) if other_names.get(name) not in table.names else name for name in table.names]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise UserError(f"{manifest}: expected columns {','.join(REQUIRED)}, missing {','.join(missing)}")
    return [dict(zip(names, fields, strict=True)) for _, fields in table.rows()]


def check_once(manifest: Path, rows: list[Row]) -> None:
    """No recording is there under two names: spelt in two ways, through a link, or hard-linked."""
    seen: dict[object, str] = {}
    for row in rows:
        keys = [row.path, *_number(row.path)]
        first = next((seen[key] for key in keys if key in seen), None)
        if first is not None:
            again = "twice" if first == row.file else f"and {row.file!r}, which are the same file"
            raise UserError(f"{manifest}: expected each file once, found {first!r} {again}; take a row out")
        seen |= dict.fromkeys(keys, row.file)


def _number(path: Path) -> list[tuple[int, int]]:
    """By which the file system knows a file; none where it is not there."""
    try:
        found = path.stat()
    except OSError:
        return []
    return [(found.st_dev, found.st_ino)] if found.st_ino else []


def _row(manifest: Path, values: dict[str, str]) -> Row:
    path = inside(manifest.parent, values["file"], manifest)
    values["subject"] = values["subject"] or _somebody(values)
    for column in ("label", "subject"):
        values[column] = composed(values[column])
        if not is_name(values[column]):
            raise UserError(
                f"{manifest}: expected a {column} of {RULE} for {values['file']!r}, found "
                f"{values[column][:40]!r}; rename it"
            )
    known = {"file": values["file"], "label": values["label"], "subject": values["subject"], "path": path}
    known |= {name: _remark(manifest, values, name) for name in REMARKS}
    known |= {"rate_hz": _rate(manifest, values), "part": _part(manifest, values)}
    return Row(**known, more={name: text for name, text in values.items() if name not in (*known, "sample_rate_hz")})


def _somebody(values: dict[str, str]) -> str:
    """Where nobody knows who made a recording: noise is nobody's, and speech without a name counts as somebody of its
    own. Of anything else it must be known, or the same person would be in training and test."""
    label = values["label"].strip("_")
    return NOBODY if label.endswith("noise") else Path(values["file"]).stem if label == "speech" else ""


def _remark(manifest: Path, values: dict[str, str], column: str) -> str:
    """Free text, but such that it ends with the line when it stands in a comment of the model's header."""
    text = values.get(column) or ""
    if len(text) > MAX_REMARK or not text.isprintable() or "\\" in text or "??/" in text:
        raise UserError(
            f"{manifest}: expected a {column} of one line of up to {MAX_REMARK} characters without "
            f"backslashes for {values['file']!r}, found {text[:40]!r}; shorten it"
        )
    return text


def _rate(manifest: Path, values: dict[str, str]) -> float:
    try:
        rate = float(values["sample_rate_hz"])
    except ValueError:
        rate = 0.0
    if not 1 <= rate <= MAX_RATE_HZ:
        raise UserError(
            f"{manifest}: expected a sample_rate_hz of 1..{MAX_RATE_HZ:.0f} for {values['file']!r}, "
            f"found {values['sample_rate_hz'][:40]!r}; correct it"
        )
    return rate


def _part(manifest: Path, values: dict[str, str]) -> str:
    part = values.get("part") or ""
    if part not in PARTS:
        raise UserError(
            f"{manifest}: expected a part of train, validation or test for {values['file']!r}, found {part[:40]!r}"
        )
    return part
