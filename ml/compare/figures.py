"""The figures of an application that are compared, and their values on one side."""

from dataclasses import dataclass
from pathlib import Path

from ml.compare.firmware import Size, firmware
from ml.compare.measure import Cost, cost, identity
from ml.compare.sides import Side
from ml.errors import UserError
from ml.evaluate.record import Rate, Record, Share, read
from ml.profile.supply import Supply

Value = Share | Rate | int | float


@dataclass(frozen=True)
class Figure:
    """A row of the table."""

    key: str  # in JSON and after --tolerance
    title: str
    more_is_better: bool = False
    tolerance: float | None = None  # percent that it may get worse; None: counts, or what follows from another row


FIGURES = (
    Figure("accuracy", "accuracy, held-out recordings", more_is_better=True),
    Figure("found", "found, held-out streams", more_is_better=True),
    Figure("false_alarms", "false alarms an hour, held-out streams"),
    Figure("tuned_found", "found, where the operating point was chosen", more_is_better=True),
    Figure("tuned_false_alarms", "false alarms an hour, where it was chosen"),
    Figure("instructions", "instructions an inference", tolerance=2.0),
    Figure("milliseconds", "ms an inference on {board} ~", tolerance=2.0),
    Figure("energy", "µJ an inference on {board} ~"),
    Figure("ram", "RAM of the model's image, B", tolerance=1.0),
    Figure("flash", "flash of the model's image, B", tolerance=1.0),
    Figure("firmware_ram", "RAM of the firmware, B", tolerance=5.0),
    Figure("firmware_flash", "flash of the firmware, B", tolerance=5.0),
)
TOLERANCES = {figure.key: figure.tolerance for figure in FIGURES if figure.tolerance is not None}


@dataclass(frozen=True)
class Processor:
    """On which times and energy are estimated."""

    name: str
    hertz: int
    supply: Supply | None  # None: nobody knows its currents


@dataclass(frozen=True)
class Found:
    """What one side says of an application."""

    record: Record
    data: str = ""  # hash of what it was trained and tuned with
    cost: Cost | None = None
    firmware: Size | None = None
    problems: tuple[str, ...] = ()  # why something is missing

    def values(self, board: Processor) -> dict[str, Value]:
        """By the figures' keys, those that there are."""
        known = {name: value for name, value in vars(self.record).items() if value is not None}
        if self.cost:
            known |= {name: getattr(self.cost, name) for name in ("instructions", "ram", "flash")}
            seconds = self.cost.cycles / board.hertz
            known["milliseconds"] = 1e3 * seconds
            if board.supply:
                known["energy"] = 1e6 * board.supply.energy_j(seconds)
        if self.firmware:
            known |= {"firmware_ram": self.firmware.ram, "firmware_flash": self.firmware.flash}
        return known


def find(side: Side, app: str, with_firmware: bool) -> Found:
    """Reads a side's header, builds it and counts. What does not work is a problem, not an error."""
    header: Path = side.headers[app]
    text = header.read_text(errors="replace")
    try:
        data, costs, problems = identity(text)[2], cost(header, side.lib), []
    except UserError as error:
        data, costs, problems = "", None, [str(error)]
    size = None
    if with_firmware and side.project:
        try:
            size = firmware(side.project, app)
        except UserError as error:
            problems.append(str(error))
    return Found(read(text), data, costs, size, tuple(problems))
