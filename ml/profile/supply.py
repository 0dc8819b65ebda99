"""The currents of a board's processor, from its data sheet; `boards/<board>.ini` has the figures and their source.

    custom_supply_v             volts at which they hold
    custom_active_ma            while it computes, from flash, at custom_clock_hz
    custom_sleep_ua             in the sleep of board_sleep()
    custom_low_power_sleep_ua   the same, built with -D BOARD_LOW_POWER=1 (docs/low_power.md)
    custom_supply_source        document, table and conditions

They are of the processor alone, without the board's sensors, regulators and lamps: what is made from them is an
estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

from ml.errors import UserError
from ml.profile.boards import names, section


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
    found = section(board)
    if "custom_active_ma" not in found:
        return None
    sleep = _positive(found, "custom_low_power_sleep_ua", board) if low_power else None
    return Supply(
        _required(found, "custom_supply_v", board),
        _required(found, "custom_active_ma", board) / 1e3,
        _micro(sleep if sleep is not None else _positive(found, "custom_sleep_ua", board)),
        " ".join(found.get("custom_supply_source", "").split()),
    )


def boards() -> list[str]:
    """Those with documented currents."""
    return [name for name in names() if supply(name)]


def _required(found: dict[str, str], key: str, board: str) -> float:
    value = _positive(found, key, board)
    if value is None:
        raise UserError(f"boards/{board}.ini: expected {key} beside custom_active_ma, found none")
    return value


def _positive(found: dict[str, str], key: str, board: str) -> float | None:
    if key not in found:
        return None
    try:
        value = float(found[key])
    except ValueError:
        value = 0.0
    if not value > 0:
        raise UserError(f"boards/{board}.ini: expected {key} above 0, found {found[key]!r}")
    return value


def _micro(value: float | None) -> float | None:
    return None if value is None else value / 1e6
