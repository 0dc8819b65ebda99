"""Random networks of one operator each, for operators that tests/nn has no page for: every byte is TFLM's, under
sanitizers and by the assembler of an emulated Cortex-M4. One program for all of them."""

import shutil

import numpy as np
import pytest

from tests.compiler.fuzz.batch import TARGETS
from tests.compiler.fuzz.fuzz import Tally, check
from tests.compiler.fuzz.networks import CHANNELS, LAYERS, SIDES, Network
from tests.compiler.parity import needs_tflm

pytestmark = needs_tflm
INT16 = ("sub", "mul", "unary", "saturate", "crop", "turn", "cut", "pack", "sum_", "slice_")
INT8 = (
    *("bilinear", "transposed", "gather", "look_up", "cast", "prelu", "div", "log_softmax", "sum_"),
    *("to_depth", "to_batch", "mirror", "pack", "cut", "elu", "unsigned", "slice_", "reverse"),
)
EACH = [(name, "int16") for name in INT16] + [(name, "int8") for name in INT8]
TARGET = {"sanitized": 3, "cortex-m4": 2}  # networks of each layer


def networks(count: int, seed: int) -> list[Network]:
    made = []
    for name, kind in EACH:
        assert kind in LAYERS[name][1]
        for number in range(count):
            chance = np.random.default_rng((seed, number, *name.encode()))
            shape = tuple(int(chance.choice(sides)) for sides in (SIDES[:10], SIDES[:10], CHANNELS))
            made.append(Network(shape, kind, number, ((name, int(chance.integers(1 << 30))),)))
    return made


@pytest.mark.parametrize("target", TARGET)
def test_every_byte_is_tflms(target):
    tools = [tool for tool in (TARGETS[target].compiler, *TARGETS[target].emulator[:1]) if tool]
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    drawn, tally = networks(TARGET[target], len(target)), Tally()
    failures = check(drawn, target, tally)
    assert not failures, "\n".join(f"{failure.network}: {failure.what}" for failure in failures)
    assert tally.networks >= 0.8 * len(drawn), (tally, tally.refused)
