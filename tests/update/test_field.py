"""lib/field as it is in firmware: a cut, a changed byte or a wrong library is found here."""

import re

import pytest

from ml.commands.pack import committed_header
from ml.image import pack
from ml.paths import ROOT
from tests.update import field_cuts, fuzz

APPS = ("fall_detection", "gesture_recognition", "keyword_spotting", "vibration_anomaly")


def test_changed_manifests_images_and_patches_never_become_active(tmp_path):
    done = fuzz.run(tmp_path, 3000)
    assert done.returncode == 0, done.stdout + done.stderr
    parsed = int(re.findall(r"\d+", done.stdout)[1])
    assert parsed > 100  # signatures decide, and not the form alone


@pytest.mark.parametrize("kind", field_cuts.KINDS)
def test_a_cut_at_any_operation_of_a_signed_update_leaves_a_model_that_passes_its_self_check(tmp_path, kind):
    done = field_cuts.cuts(tmp_path, kind, 0)
    assert done.returncode == 0, done.stdout + done.stderr
    operations, tried = map(int, re.findall(r"\d+", done.stdout))
    assert tried == 3 * operations > 80


SABOTAGE = {
    "a signature is not looked at": ("return update_signed(", "return true || update_signed("),
    "the digest is not compared": ("if (memcmp(digest, u->state.digest[slot], UPDATE_DIGEST) != 0)", "if (0)"),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_the_changes_find_a_library_that_is_wrong(tmp_path, what):
    assert fuzz.run(tmp_path, 3000, sabotage=SABOTAGE[what]).returncode != 0


@pytest.mark.parametrize("app", APPS)
def test_firmware_has_the_kernels_of_its_committed_model(app):
    declared = set(re.findall(r"&image_(nn_\w+)", (ROOT / f"apps/{app}/src/main.cpp").read_text()))
    assert declared == {kernel.name for kernel in pack(committed_header(app)).kernels}
