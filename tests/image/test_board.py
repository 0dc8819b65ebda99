"""An emulated Cortex-M4 computes from an image, put at an address of its own, what the compiled header gives here."""

import shutil

import numpy as np
import pytest

from ml.commands.pack import committed_header
from ml.compiler.host import HostModel
from ml.image import pack
from ml.image.board import SLOT, Board, firmware
from tests.image.test_image import APPS

pytestmark = pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="arm-none-eabi-gcc is not installed")


@pytest.fixture(scope="module")
def elf(tmp_path_factory):
    """One firmware that takes every application's image."""
    images = [pack(committed_header(app)) for app in APPS]
    return firmware(images, tmp_path_factory.mktemp("firmware"))


@pytest.mark.parametrize("app", APPS)
def test_every_layer_of_an_image_on_the_board_gives_the_bytes_of_the_compiled_header(elf, app):
    header = committed_header(app)
    compiled, board = HostModel(header), Board(elf, pack(header), SLOT + 0x2348)
    assert board.agrees()
    chance = np.random.default_rng(0)
    for _ in range(3):
        given = chance.integers(-128, 128, compiled.model.input_size).astype(np.int8)
        expected = [layer.data for layer in compiled.layers(given)]
        assert board.layers(given.tobytes(), len(expected)) == expected
