"""Loads a model from its generated header alone, so that the shipped model can be judged."""

import ctypes
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ml.compiler.host import NN, HostModel
from ml.data.manifest import Dataset
from ml.design import design
from ml.errors import UserError
from ml.native.build import archive, load
from ml.native.decide import DecideConfig, from_c
from ml.pipeline.contract import App

_DECISION = """#include "{header}"
const decide_config *compiled_decide(void) {{ return &{name}_decide; }}
"""
_RATE = """uint32_t compiled_rate(void) {{ return {member}; }}
"""
# A front end's type -> how its settings say the rate, in millihertz, and whether it takes a faster sensor's samples
FRONT_ENDS = {
    "logmel_config": ("{0}.rate_hz * 1000u", False),
    "vibration_config": ("{0}.rate_mhz", False),
    "imu_config": ("{0}.rate_mhz", True),
    "impact_config": ("{0}.rate_mhz", True),
}
RATE_TOLERANCE = 0.01
_FRONT_END = re.compile(rf"static const ({'|'.join(FRONT_ENDS)}) (\w+_frontend\w*) = ")


@dataclass(frozen=True)
class Committed:
    """An application with the model and the decision of a header."""

    app: App
    model: HostModel
    config: DecideConfig
    header: Path
    rate_mhz: int | None = None  # of the front end; None: the header has none that is known here
    takes_faster: bool = True  # it averages a faster sensor's samples down

    @property
    def data_hash(self) -> str:
        """First 16 digits of the training data's; "" where the header does not say."""
        return self.model.model.data_hash.decode()

    def labels(self, data: Dataset) -> list[str]:
        """The model's classes; those of the data where its outputs are no scores of classes."""
        model = self.model.model
        named = self.app.outputs_are_scores and bool(model.label)
        return [model.label[i].decode() for i in range(model.classes)] if named else self.app.labels(data)


def committed(app: App, folder: Path) -> Committed:
    """From `<app>_model.h` in a folder."""
    header = folder / f"{app.name}_model.h"
    if not header.is_file():
        raise UserError(f"{header}: expected a generated header, found none; make it with: python -m ml run {app.name}")
    text = header.read_text()
    app = app.designed(design.read(folder / design.FILE))  # of a folder of --out
    found = _FRONT_END.search(text)
    config, rate = _settings(header, app.name, text, found)
    made = Committed(
        app.of_header(header), HostModel(header), config, header, rate, FRONT_ENDS[found[1]][1] if found else True
    )
    _check_front_end(made, text)
    return made


def _settings(header: Path, name: str, text: str, front_end: re.Match | None) -> tuple[DecideConfig, int | None]:
    """The decision and the rate that a header sets, as the compiler understands it."""
    if f" {name}_decide " not in text:
        raise UserError(f"{header}: expected {name}_decide in it, found none; compile it: python -m ml compile {name}")
    code = _DECISION.format(header=header.resolve().as_posix(), name=name)
    if front_end:
        code += _RATE.format(member=FRONT_ENDS[front_end[1]][0].format(front_end[2]))
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "decision.c"
        source.write_text(code)
        kernels = archive("nn", sorted(NN.rglob("*.c")))
        library = load(f"{name}_decision", [source, kernels], folder=Path(scratch))
    library.compiled_decide.restype = ctypes.c_void_p
    return from_c(library.compiled_decide()), library.compiled_rate() if front_end else None


def _check_front_end(made: Committed, text: str) -> None:
    """What runs here must be what the header holds: its front end, gate and decision, number by number."""
    held = _plain(text)
    for section in made.app.sections(made.config):
        if "".join(_plain(section)) not in "".join(held):
            other = next((line for line in _plain(section) if line not in held), "the order of its lines")
            raise UserError(
                f"{made.header}: expected the front end that ml/{made.app.name} has now, found another (not there: "
                f"{other[:60]!r}); compile it again (python -m ml compile {made.app.name}), or judge it with the "
                "sources that made it"
            )


def _plain(code: str) -> list[str]:
    """Lines of C without comments and spaces at their ends."""
    stripped = (line.split("//")[0].strip() for line in code.splitlines())
    return [line for line in stripped if line]


def check_rate(made: Committed, data: Dataset) -> None:
    """Refuses recordings at a rate that the board would not take, or at which its windows would mean something else."""
    if made.rate_mhz is None:
        return
    for item in data.items:
        rate = item.recording.rate_mhz
        slower = rate < made.rate_mhz * (1 - RATE_TOLERANCE)
        faster = rate > made.rate_mhz * (1 + RATE_TOLERANCE) and not made.takes_faster
        if slower or faster:
            why = "the board's sensor would be too slow for it" if slower else "its features would not mean the same"
            raise UserError(
                f"{item.file}: expected {made.rate_mhz / 1000:g} Hz, the rate of {made.header.name}, found "
                f"{rate / 1000:g} Hz: {why}; record at that rate, or make a model of this data: python -m ml run "
                f"{made.app.name} --data ..."
            )
