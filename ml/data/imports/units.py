"""Columns of other tools as ours: ax,ay,az in m/s2 and gx,gy,gz in degrees per second.

A unit that is stated is checked against gravity, which every accelerometer feels most of the time; where it is not
stated, gravity tells it.
"""

import re
from dataclasses import replace

import numpy as np

from ml.data.imports.foreign import Asked, Foreign, Notes
from ml.data.recordings import GRAVITY
from ml.errors import UserError

ACCEL = {"m/s2": 1.0, "g": GRAVITY, "mg": GRAVITY / 1000}
GYRO = {"dps": 1.0, "mdps": 0.001, "rad/s": 180 / np.pi}
SPELLINGS = {
    "m/s^2": "m/s2",
    "m/s²": "m/s2",
    "ms-2": "m/s2",
    "mps2": "m/s2",
    "deg/s": "dps",
    "°/s": "dps",
    "degrees/s": "dps",
    "rads": "rad/s",
    "rad/sec": "rad/s",
}
_COLUMN = re.compile(r"(?P<kind>lin\w*acc\w*|la|acc\w*?|a|gyro?\w*?|g)[_ .]?(?P<axis>[xyz])")
LIKELY = 1.8  # times off gravity at most, for the unit to be sure of itself


def standard(takes: list[Foreign], asked: Asked, notes: Notes) -> list[Foreign]:
    """All recordings of an import with our columns; those of the same columns and units are judged together."""
    groups: dict[tuple, list[int]] = {}
    for index, one in enumerate(takes):
        groups.setdefault((one.names, one.units), []).append(index)
    made: dict[int, Foreign] = {}  # by its place in `takes`
    for (names, units), members in groups.items():
        picked = _pick(names, units, takes[members[0]].origin)
        if not picked:
            for index in members:
                made[index] = takes[index]
            continue
        chosen = [replace(takes[index], values=_columns(takes[index], picked)) for index in members]
        factors = _factors(picked, units, chosen, asked, notes)
        for index, one in zip(members, chosen, strict=True):
            made[index] = replace(one, names=tuple(picked), units=_units(picked), values=one.values * factors)
    return [made[index] for index in range(len(takes))]


def _pick(names: tuple[str, ...], units: tuple[str, ...], origin: str) -> dict[str, int]:
    """Our name -> column. Of a column that is there in counts and in units, the one in units."""
    found: dict[str, int] = {}
    for index, name in enumerate(names):
        parts = _COLUMN.fullmatch(name.strip().lower())
        if not parts:
            continue
        kind = parts["kind"]
        ours = ("l" if kind.startswith("l") else "") + ("g" if kind.startswith("g") else "a") + parts["axis"]
        if ours not in found or units[found[ours]].lower() == "lsb":
            found[ours] = index
        elif units[index].lower() != "lsb":
            raise UserError(
                f"{origin}: expected each axis once, found {names[found[ours]]!r} and {name!r}, which are both {ours}; "
                "rename one"
            )
    for prefix in ("a", "la", "g"):
        wanted = [prefix + axis for axis in "xyz"]
        if not all(name in found for name in wanted):
            found = {name: index for name, index in found.items() if name not in wanted}
    order = [prefix + axis for prefix in ("la" if "lax" in found else "a", "g") for axis in "xyz"]
    return {name: found[name] for name in order if name in found} if {"ax", "lax"} & set(found) else {}


def _columns(one: Foreign, picked: dict[str, int]) -> np.ndarray:
    return one.values[:, list(picked.values())]


def _units(picked: dict[str, int]) -> tuple[str, ...]:
    return tuple("dps" if name.startswith("g") else "m/s2" for name in picked)


def _factors(picked: dict[str, int], units: tuple[str, ...], takes: list[Foreign], asked: Asked, notes: Notes):
    stated = [_spelled(units[index]) for index in picked.values()]
    accel = asked.accel_unit or _accel_unit(stated[0], takes, linear="lax" in picked, notes=notes)
    factors = [ACCEL[accel]] * 3
    if len(picked) == 6:
        gyro = asked.gyro_unit or (stated[3] if stated[3] in GYRO else "")
        if not gyro:
            gyro = "dps"
            notes.add("gyroscope", f"the gyroscope's unit is stated as {units[picked['gx']]!r}: taken as degrees per "
                      "second; say --gyro-unit if it is another")  # fmt: skip
        factors += [GYRO[gyro]] * 3
    return np.array(factors)


def _spelled(unit: str) -> str:
    plain = unit.strip().lower()
    return SPELLINGS.get(plain, plain)


def _accel_unit(stated: str, takes: list[Foreign], linear: bool, notes: Notes) -> str:
    if linear and stated in ACCEL:
        return stated
    usual = float(np.median([np.median(np.linalg.norm(one.values[:, :3], axis=1)) for one in takes]))
    likely = min(ACCEL, key=lambda unit: abs(np.log(max(usual, 1e-9) * ACCEL[unit] / GRAVITY)))
    off = max(usual, 1e-9) * ACCEL[likely] / GRAVITY
    sure = 1 / LIKELY < off < LIKELY
    if stated not in ACCEL:
        if linear or not sure:
            raise UserError(
                f"{takes[0].origin}: expected the accelerometer's unit, found {stated or 'none'} and a usual length of "
                f"{usual:.3g}; say --accel-unit m/s2, g or mg"
            )
        notes.add("accelerometer", f"the accelerometer's unit is not stated: {likely} by its usual length, {usual:.3g}")
        return likely
    if likely != stated and sure:
        notes.add("accelerometer", f"the accelerometer is stated to be in {stated} but is usually {usual:.3g} long: "
                  f"taken as {likely}; say --accel-unit {stated} if it is not")  # fmt: skip
        return likely
    return stated
