"""UMAFall's files as published (E. Casilari et al., doi 10.6084/m9.figshare.4214283): a header of lines with %, then
`time in ms; number; x; y; z; sensor type; sensor;` of up to five sensors, interleaved.

Some files went through a spreadsheet that took the decimal point for one between thousands: 1.0126 became
`1.012.598.156.929.010`, with its magnitude lost. For an accelerometer it is found again: one magnitude lies within the
sensor's range, or two do (1.0 to 1.6 g and ten times that), and then the nearer to the sample before is taken. For a
gyroscope it cannot be found, and its values are left out.
"""

import re
from pathlib import Path

import numpy as np

from ml.data.formats.clock import read_clock
from ml.data.imports.foreign import Asked, Foreign, Notes, read_text
from ml.data.tables import plain_number
from ml.errors import UserError

NAME = re.compile(
    r"UMAFall_Subject_(?P<subject>\d+)_(?P<kind>ADL|Fall)_(?P<activity>\w+?)_(?P<trial>\d+)_(?P<when>.+)", re.I
)
SENSOR = re.compile(r"^%\s*[0-9A-F:]{17}\s*;\s*(\d)\s*;\s*(\w+)\s*;\s*([^;]+?)\s*;", re.M | re.I)
MANGLED = re.compile(r"[+-]?\d{1,3}(\.\d{3}){2,}")
ACCEL, GYRO = 0, 1
MOST = 1e15  # milliseconds, samples, g
FIELDS = 7
RATES = (200.0, 100.0, 50.0, 20.0)
NEAR = 0.15  # of a nominal rate
TELEPHONE = 0  # its sensor number
RANGE = re.compile(r"Maximum Range:\s*(\d{1,3}(?:\.\d{1,20})?)\s*G")
RANGE_G, MARGIN = 16.0, 1.01


def is_umafall(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and NAME.fullmatch(path.stem) is not None


def read_umafall(path: Path, asked: Asked, notes: Notes) -> list[Foreign]:
    """The accelerometer (and gyroscope) at one position; none where the file has no such sensor."""
    text = read_text(path)
    sensors = {position.upper(): (int(number), device) for number, position, device in SENSOR.findall(text)}
    if asked.position not in sensors:
        notes.add("position", f"{path.name}: no sensor {asked.position}, but {', '.join(sorted(sensors)) or 'none'}")
        return []
    number, device = sensors[asked.position]
    accel = _samples(path, text, number, ACCEL, notes)
    gyro = _samples(path, text, number, GYRO, notes)
    if len(accel) < 2:
        notes.add("empty", f"{path.name}: no samples of {asked.position}")
        return []
    return [_recording(path, device, accel, gyro, asked, notes)]


def _recording(path: Path, device: str, accel: np.ndarray, gyro: np.ndarray, asked: Asked, notes: Notes) -> Foreign:
    parts = NAME.fullmatch(path.stem)
    if parts is None:
        raise ValueError(f"{path}: expected a name as UMAFall gives it, found another")
    count = min(len(accel), len(gyro)) if len(gyro) else len(accel)
    values = accel[:count, 2:] if not len(gyro) else np.hstack([accel[:count, 2:], gyro[:count, 2:]])
    missing = int(accel[-1, 1] - accel[0, 1]) + 1 - len(accel)
    if missing > 0:
        notes.add("missing samples", f"{path.name}: {missing} samples are missing by their numbers")
    names = ("accx", "accy", "accz", "gyrx", "gyry", "gyrz")[: values.shape[1]]
    units = ("g", "g", "g", "dps", "dps", "dps")[: values.shape[1]]
    more = {
        "session": parts["when"],
        "activity": parts["activity"],
        "trial": parts["trial"],
        "device": device[:40],
        "measured_rate_hz": f"{_measured(accel):.2f}",
        "missing_samples": str(max(0, missing)),
        "original": path.name,
    }
    rate = asked.rate_hz or _nominal(path, _measured(accel), notes)
    return Foreign(
        str(path), parts["kind"].lower(), f"S{int(parts['subject']):02d}", rate, names, units, values, more=more
    )


def _measured(samples: np.ndarray) -> float:
    """Samples a second by the time stamps, which are in milliseconds and come in bursts; 0 where none differ."""
    return read_clock(1000 * samples[:, 0]).rate_hz or 0.0


def _nominal(path: Path, measured: float, notes: Notes) -> float:
    for rate in RATES:
        if abs(measured / rate - 1) <= NEAR:
            return rate
    notes.add(
        "rate", f"{path.name}: measured {measured:.1f} Hz, near none of {', '.join(f'{rate:g}' for rate in RATES)}"
    )
    return round(max(measured, 1.0), 3)


def _samples(path: Path, text: str, sensor: int, kind: int, notes: Notes) -> np.ndarray:
    """(n, 5): time in ms, number, x, y, z of one sensor; none of a gyroscope whose decimal points are lost."""
    rows: list[list[float]] = []
    most = _range(text, sensor)
    before = [0.0] * 3
    lost = 0
    for line in text.split("\n"):
        fields = [field.strip() for field in line.split(";")]
        if len(fields) < FIELDS or line.startswith("%") or fields[5:7] != [str(kind), str(sensor)]:
            continue
        try:
            values = [_value(field, near, most) for field, near in zip(fields[2:5], before, strict=True)]
            rows.append([_finite(fields[0]), _finite(fields[1]), *values])
        except ValueError:
            notes.add("row", f"{path.name}: a row that is no sample is left out: {line[:60]!r}")
            continue
        lost += sum(MANGLED.fullmatch(field) is not None for field in fields[2:5])
        before = values
    if lost and kind == GYRO:
        notes.add("decimal points", f"{path.name}: {lost} values of the gyroscope lost theirs: it is left out")
        return np.empty((0, 5))
    if lost:
        notes.add(
            "decimal points", f"{path.name}: {lost} values of the accelerometer got theirs back by range and neighbour"
        )
    return np.array(rows, float).reshape(-1, 5)


def _range(text: str, sensor: int) -> float:
    """Of the accelerometer, in g: the first is the telephone's, the second that of the other sensors."""
    stated = [float(found) for found in RANGE.findall(text)]
    wanted = stated[:1] if sensor == TELEPHONE else stated[1:2]
    return next(iter(wanted), RANGE_G)


def _value(field: str, near: float, most: float) -> float:
    """The number; where its point is lost the one with these digits, 1 to `most`, that is nearest to the last one."""
    if not MANGLED.fullmatch(field):
        return _finite(field)
    digits = field.replace(".", "").lstrip("+-")
    sizes = [float(f"{digits[:whole]}.{digits[whole:]}") for whole in (1, 2, 3)]
    possible = [size for size in sizes if size <= most * MARGIN] or sizes[:1]
    return min((-size if field.startswith("-") else size for size in possible), key=lambda value: abs(value - near))


def _finite(field: str) -> float:
    value = plain_number(field)
    if value is None or abs(value) > MOST:
        raise ValueError(field)
    return value


def check_position(position: str) -> str:
    """The name of a position as the files have it."""
    known = ("RIGHTPOCKET", "CHEST", "WRIST", "WAIST", "ANKLE")
    if position.upper() not in known:
        raise UserError(f"expected one of {', '.join(known).lower()} for --position, found {position!r}")
    return position.upper()
