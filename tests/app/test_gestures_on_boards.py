"""The gesture application computes as this computer does on the boards that tests/hil leaves out, and at any rate."""

from types import SimpleNamespace

import numpy as np
import pytest

from ml.compiler.host import HostModel
from ml.data.recordings import ACCEL_PER_G
from ml.evaluate.parity import Case, OnDevice, Parity, layers
from ml.gesture_recognition.app import GestureRecognition
from ml.link.device import Device
from ml.link.messages import Health
from ml.native.imu import windows
from ml.paths import ROOT

APP = "gesture_recognition"
FRONT_END = GestureRecognition().config.front_end.imu()


def motion(count: int, seed: int) -> np.ndarray:
    """Smooth wild movement, int16 (count, 6) in counts."""
    steps = np.random.default_rng(seed).normal(0, 1, (count + 20, 6))
    smooth = np.apply_along_axis(lambda x: np.convolve(x, np.hanning(21), "valid"), 0, steps)
    return np.clip(smooth * 3000, -32768, 32767).astype(np.int16)[:count]


def case(seed: int, rate_mhz: int = FRONT_END.rate_mhz) -> Case:
    """Samples at some rate that complete exactly one window."""
    samples = motion(-(-FRONT_END.window * rate_mhz // FRONT_END.rate_mhz), seed)
    return Case(f"motion {seed}", samples, rate_mhz, windows(samples, FRONT_END, rate_mhz).windows[0])


@pytest.fixture(scope="module")
def host_model() -> HostModel:
    return HostModel(ROOT / f"lib/{APP}_model/{APP}_model.h")


def compare(device: Device, host_model, cases: list[Case]) -> Parity:
    """Board against host."""
    truth = SimpleNamespace(
        graph=SimpleNamespace(ops=[]), run=lambda given: {one.tensor: one.data for one in host_model.layers(given)}
    )
    parity = Parity(truth, layers(host_model), OnDevice(device, lambda case: 1))
    parity.compare(cases)
    device.end_injection()
    return parity


@pytest.mark.parametrize("kind", ["virtual-m3", "host"])
def test_front_end_and_every_layer_equal_the_hosts_at_any_rate(kind, host_model, started):
    cases = [case(seed, rate) for seed, rate in enumerate([FRONT_END.rate_mhz] * 2 + [20_000, 104_000, 119_000])]
    with Device.open(str(started(f"{APP}-{kind}").console), app=APP) as device:
        parity = compare(device, host_model, cases)
    assert (parity.windows, parity.mismatches) == (len(cases), [])


def test_a_wrong_input_on_the_board_is_noticed(host_model, started):
    wrong = case(1)
    wrong.input[3, 2] ^= 4
    with Device.open(str(started(f"{APP}-host").console), app=APP) as device:
        (found,) = compare(device, host_model, [wrong]).mismatches
    assert (found.stage, found.index, found.differing) == ("front end", (3, 2), 1)


def resting(seconds: float, z: int) -> np.ndarray:
    """A hand that keeps still, z up or down, int16 (n, 6) in counts."""
    rows = np.random.default_rng(1).normal(0, 20, (round(seconds * FRONT_END.rate_mhz / 1000), 6))
    rows[:, 2] += z
    return np.rint(rows).astype(np.int16)


@pytest.mark.parametrize("kind", ["virtual-m3", "host"])
def test_a_board_says_that_it_is_held_otherwise_and_that_it_is_held_well_again(kind, started):
    with Device.open(str(started(f"{APP}-{kind}").console), app=APP) as device:
        well, upside_down = resting(12, ACCEL_PER_G), resting(6, -ACCEL_PER_G)
        device.inject(np.concatenate([well, upside_down, well]), FRONT_END.rate_mhz)
        told = [one.message for one in device.arrivals(0.2) if isinstance(one.message, Health)]
        device.end_injection()
    # The board is shared: it may have been doubted before, and then the first samples end that doubt.
    assert told[-2:] == [Health(reasons=("held",), answers=False), Health()]
    assert told[:-2] in ([], [Health()])
