"""Random networks against TensorFlow Lite Micro, about ten seconds of them; `python -m tests.compiler.fuzz --hours 1`
goes on where this ends."""

import shutil

import pytest

from tests.compiler.fuzz.batch import TARGETS
from tests.compiler.fuzz.fuzz import Tally, check, fuzz, shrink
from tests.compiler.fuzz.networks import Network
from tests.compiler.parity import needs_tflm

pytestmark = needs_tflm
NETWORKS = {"host": 96, "sanitized": 32, "cortex-m4": 32}


@pytest.mark.parametrize("target", NETWORKS)
def test_every_layer_of_random_networks_equals_tflm(target):
    tools = [tool for tool in (TARGETS[target].compiler, *TARGETS[target].emulator[:1]) if tool]
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    tally = Tally()
    failures = list(fuzz(1, NETWORKS[target], target, tally, first=sum(map(ord, target))))
    assert not failures, "\n".join(f"{failure.network}: {failure.what}" for failure in failures)
    assert tally.networks >= 0.8 * NETWORKS[target], tally


def test_a_wrong_kernel_is_found_and_its_network_made_small(monkeypatch):
    """The planner is told that a turned depthwise layer may always work in place."""
    monkeypatch.setattr("ml.compiler.packing.depthwise_in_place", lambda numbers: True)
    networks = [Network((24, 16, 4), "int8", 5, (("rectify", 1), ("depthwise_3x3", seed))) for seed in range(40)]
    found = check(networks, "host", Tally())
    assert found, "no seed gives a layer that overwrites its input"
    small = shrink(found[0], "host", most=4)
    assert "nn_depthwise_3x3_packed" in small.what
    assert small.network != found[0].network
