"""What a board's processor draws, from its data sheet: `boards/<board>.ini` gives the figures and where they are from.

    custom_supply_v             volts at which they hold
    custom_active_ma            while it computes, from flash, at custom_clock_hz
    custom_sleep_ua             in the sleep of board_sleep()
    custom_low_power_sleep_ua   the same, built with -D BOARD_LOW_POWER=1 (docs/low_power.md)
    custom_supply_source        document, table and conditions

They are of the processor alone, without the board's sensors, regulators and lamps: what is made from them is an
estimate.
"""

from __future__ import annotations

import configparser
from dataclasses import dataclass

from ml.errors import UserError
from ml.paths import ROOT


@dataclass(frozen=True)
class Supply:
    supply_v: float
    active_a: float
    sleep_a: float | None  # None: of the sleep that the firmware uses no figure is documented
    source: str

    def energy_j(self, seconds: float) -> float:
        """Of that long a computation."""
        return self.supply_v * self.active_a * seconds


def supply(board: str, *, low_power: bool = False) -> Supply | None:
    """Of a board in boards/; None where no currents are documented, as for the virtual ones."""
    section = _section(board)
    if "custom_active_ma" not in section:
        return None
    sleep = _positive(section, "custom_low_power_sleep_ua", board) if low_power else None
    return Supply(
        _required(section, "custom_supply_v", board),
        _required(section, "custom_active_ma", board) / 1e3,
        _micro(sleep if sleep is not None else _positive(section, "custom_sleep_ua", board)),
        " ".join(section.get("custom_supply_source", "").split()),
    )


def boards() -> list[str]:
    """Those with documented currents."""
    names = sorted(path.stem for path in (ROOT / "boards").glob("*.ini"))
    return [name for name in names if supply(name)]


def _section(board: str) -> dict[str, str]:
    """What `[board:...]` says, with what it takes over by `extends`."""
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read(sorted((ROOT / "boards").glob("*.ini")))
    name, found = f"board:{board}", {}
    if not parser.has_section(name):
        known = ", ".join(section.partition(":")[2] for section in parser.sections())
        raise UserError(f"expected a board of boards/ ({known}), found {board!r}")
    while name:
        found = dict(parser[name]) | found
        name = parser[name].get("extends", "")
    return found


def _required(section: dict[str, str], key: str, board: str) -> float:
    value = _positive(section, key, board)
    if value is None:
        raise UserError(f"boards/{board}.ini: expected {key} beside custom_active_ma, found none")
    return value


def _positive(section: dict[str, str], key: str, board: str) -> float | None:
    if key not in section:
        return None
    try:
        value = float(section[key])
    except ValueError:
        value = 0.0
    if not value > 0:
        raise UserError(f"boards/{board}.ini: expected {key} above 0, found {section[key]!r}")
    return value


def _micro(value: float | None) -> float | None:
    return None if value is None else value / 1e6
