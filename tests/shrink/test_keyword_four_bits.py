"""tools/studies/keyword_four_bits.py: which layers of the committed network it brings to four bits. A whole run takes
minutes."""

import pytest

from ml.compiler.compile import prepare
from ml.compress.four_bits import four_bits
from ml.paths import ROOT
from tests import command
from tools.studies.keyword_four_bits import ADDED, SAVING


def test_they_are_those_that_the_compiler_packs():
    model = (ROOT / "lib/keyword_spotting_model/keyword_spotting_model.tflite").read_bytes()
    layers = prepare(four_bits(model), "keywords").layers
    packed = [one.op.inputs[1].name for one in layers if one.lowered.parameters and one.lowered.bits == 4]
    assert [name.split("/")[1].removesuffix("_1") for name in packed] == list(SAVING)
    assert ADDED.recipe.steps[0].parameters["bits"] == dict.fromkeys(SAVING, 4)


@pytest.mark.parametrize(("folder", "said"), [("there", "examples.npz"), ("missing", "does not exist")])
def test_a_folder_without_the_network_is_one_line(tmp_path, folder, said):
    (tmp_path / "there").mkdir()
    done = command.script("tools/studies/keyword_four_bits.py", tmp_path / folder, status=1)
    assert said in done.stderr and len(done.stderr.splitlines()) == 1
