"""`ml verify MODEL.tflite`: any model, on this computer and on an emulated Cortex-M."""

import pytest
from click.testing import CliRunner

from ml.cli import cli
from ml.errors import UserError
from ml.profile.machine import Machine
from ml.trial.verify_model import verify_model
from tests.compiler.parity import needs_tflm
from tests.compiler.test_edges import SAME, depthwise


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("verify") / "net.tflite"
    path.write_bytes(depthwise(8, 6, 1, SAME))
    return path


@needs_tflm
def test_every_layer_on_the_host_and_on_an_emulated_board(model):
    done = CliRunner().invoke(cli, ["verify", str(model), "--on", "virtual", "--windows", "2"])
    assert done.exit_code == 0, done.output
    assert "every layer equals TensorFlow Lite Micro on 8 inputs" in done.output
    assert f"0 of {8 * 8 * 6 * 4:,} bytes differ" in done.output


def test_a_layer_that_differs_on_the_board_is_named(model, monkeypatch):
    read = Machine.read
    wrong = lambda self, at, size: read(self, at, size)[:-1] + b"!" if size == 8 * 6 * 4 else read(self, at, size)  # noqa: E731
    monkeypatch.setattr(Machine, "read", wrong)
    with pytest.raises(UserError, match=r"layer 0_depthwise_conv_2d .*1 of 192 bytes differ"):
        verify_model(model, "virtual", 1, as_json=False)


def test_a_port_without_a_board_is_told(model):
    with pytest.raises(UserError, match="nowhere"):
        verify_model(model, "nowhere", None, as_json=False)
