"""A header in streaming form is asked for whole windows, and compared layer by layer, as any other is."""

import numpy as np
import pytest

from ml.compiler import tflm
from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from ml.compiler.streaming import Request
from ml.evaluate.parity import Case, Host, Parity, layers
from ml.train.examples import Inputs
from tests.compiler.streaming.stacks import Stack

HOPS = [2, 3, 5]  # 12 rows: whole steps, whole steps, and a first one that is half empty
ROWS, VALUES = 12, 4


@pytest.fixture(scope="module")
def tflite() -> bytes:
    return Stack((1, ROWS, 1, VALUES)).conv(6, (3, 1)).depthwise((4, 1)).conv(5, (1, 1)).dense(3).softmax().model()


@pytest.fixture(scope="module")
def whole(tflite, tmp_path_factory) -> HostModel:
    return HostModel(compile_model(tflite, "whole", tmp_path_factory.mktemp("whole")).header)


def windows(count: int) -> np.ndarray:
    return np.random.default_rng(3).integers(-128, 128, (count, ROWS, 1, VALUES)).astype(np.int8)


def streaming(tflite: bytes, hop: int, folder) -> HostModel:
    return HostModel(compile_model(tflite, "steps", folder, stream=Request(hop)).header)


@pytest.mark.parametrize("hop", HOPS)
def test_a_window_is_answered_as_by_the_whole_model_whatever_came_before(tflite, whole, tmp_path, hop):
    given = windows(20)
    answers = streaming(tflite, hop, tmp_path).answers(given)
    np.testing.assert_array_equal(answers, whole.answers(given))
    np.testing.assert_array_equal(whole.answers(given), whole.run(given))


def as_it_is(samples: np.ndarray, rate_mhz: int) -> Inputs:
    """A front end that hands samples on: each is a window's bytes."""
    return Inputs(samples.astype(np.int8).reshape(-1, ROWS, 1, VALUES), np.arange(len(samples)))


def cases(count: int) -> list[Case]:
    return [Case(f"clip {i}", one.reshape(1, -1).astype(np.int16), 1000, one) for i, one in enumerate(windows(count))]


@pytest.mark.skipif(not tflm.available(), reason="tflite-micro exists for Linux on x86-64 only")
@pytest.mark.parametrize("hop", HOPS)
def test_every_layer_of_its_last_step_equals_tflm(tflite, tmp_path, hop):
    model = streaming(tflite, hop, tmp_path)
    parity = Parity(tflm.Reference(tflite), layers(model), Host(model, as_it_is), model.step_bytes)
    parity.compare(cases(10))
    assert (parity.windows, parity.mismatches) == (10, [])
    assert model.step_bytes == hop * VALUES


@pytest.mark.skipif(not tflm.available(), reason="tflite-micro exists for Linux on x86-64 only")
def test_rows_that_were_not_taken_are_seen(tflite, tmp_path):
    """A target that forgets what came before the last step differs, in a layer and not in the front end."""
    model = streaming(tflite, 2, tmp_path)

    class Forgetful(Host):
        def front_end(self, case, expected):
            step = super().front_end(case, expected)
            self.model.reset()
            self._outputs = iter(self.model.layers(np.frombuffer(step, np.int8)))
            return step

    parity = Parity(tflm.Reference(tflite), layers(model), Forgetful(model, as_it_is), model.step_bytes)
    parity.compare(cases(5))
    assert len(parity.mismatches) == 5
    assert all(one.stage.startswith("layer") for one in parity.mismatches)
