"""Formats that every program reads: CSV, WAV and Parquet."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from ml.data.exports.takes import Take, Takes
from ml.errors import UserError

ROWS = 1 << 20  # samples in one row group of a Parquet file


def export_csv(takes: Takes, folder: Path) -> None:
    """A data set of our own form: a CSV file a recording of motion, WAV of sound, and the manifest."""
    _files(takes, folder, lambda take: "wav" if take.recording.sensor == "mic" else "csv")


def export_wav(takes: Takes, folder: Path) -> None:
    """A WAV file a recording: of motion the counts of each axis as a channel. WAV knows whole rates only."""
    _files(takes, folder, lambda take: "wav")


def _files(takes: Takes, folder: Path, kind) -> None:
    rows = []
    for number, take in enumerate(takes, 1):
        name = f"{number:05d}_{take.row.label.replace(' ', '_')}.{kind(take)}"
        path = folder / take.row.subject / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (_write_wav if kind(take) == "wav" else _write_csv)(take, path)
        rows.append(_manifest(take, path.relative_to(folder).as_posix()))
    pd.DataFrame(rows).fillna("").to_csv(folder / "manifest.csv", index=False)


def _manifest(take: Take, file: str) -> dict:
    row = take.row
    known = {"file": file, "label": row.label, "subject": row.subject, "sample_rate_hz": f"{take.rate_hz:g}"}
    optional = {name: getattr(row, name) for name in ("session", "part", "source", "licence")}
    return known | {name: text for name, text in optional.items() if text} | row.more | {"original": row.file}


def _write_wav(take: Take, path: Path) -> None:
    if take.rate_hz != round(take.rate_hz):
        raise UserError(
            f"{take.row.file}: expected a whole number of samples per second for WAV, found {take.rate_hz:g}; use csv"
        )
    soundfile.write(path, take.recording.samples, round(take.rate_hz), subtype="PCM_16")


def _write_csv(take: Take, path: Path) -> None:
    _table(take).to_csv(path, index=False)


def _table(take: Take) -> pd.DataFrame:
    columns = {name: take.values[:, index] for index, name in enumerate(take.columns)}
    active = {} if take.recording.active is None else {"active": take.recording.active.astype(int)}
    return pd.DataFrame({"timestamp_us": take.time_us} | columns | active)


def export_parquet(takes: Takes, folder: Path) -> None:
    """One table a kind of sensor, a row a sample, with file, label, subject, session and rate beside it."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second that only this needs
    import pyarrow.parquet as pq  # noqa: PLC0415

    writers: dict[tuple, pq.ParquetWriter] = {}
    names: list[str] = []
    try:
        for take in takes:
            table = pa.Table.from_pandas(_samples(take), preserve_index=False)
            kind = (take.recording.sensor, *table.schema.names)
            if kind not in writers:
                names.append(take.recording.sensor)
                number = names.count(names[-1])  # of a sensor with other columns, say without gravity
                name = f"{names[-1]}{number if number > 1 else ''}.parquet"
                writers[kind] = pq.ParquetWriter(folder / name, table.schema, compression="zstd")
            writers[kind].write_table(table, ROWS)
    finally:
        for writer in writers.values():
            writer.close()


def _samples(take: Take) -> pd.DataFrame:
    table = _table(take)
    about = {"file": take.row.file, "label": take.row.label, "subject": take.row.subject, "session": take.row.session}
    for name, text in about.items():
        table[name] = pd.Categorical.from_codes(np.zeros(len(table), np.int8), [text])
    table["sample_rate_hz"] = take.rate_hz
    return table
