"""Patches of the firmware: what detools makes comes out of the board's decoder, and nothing else is ever started."""

import ctypes
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from ml.native.build import load
from ml.update.firmware import patch, read_program
from tests import command
from tests.update import firmware_cuts, firmware_fuzz
from tests.update.cuts import CRC, HERE, INCLUDES, LIMITS, SOURCES, UPDATE

OK, ERR_CHANGES = 0, 8
FLASH = 24 * 1024


class Source(ctypes.Structure):
    """update_source."""

    _fields_ = (
        ("base", ctypes.c_char_p),
        ("payload", ctypes.c_char_p),
        ("base_size", ctypes.c_uint32),
        ("payload_size", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
    )


def made(base: bytes, payload: bytes, size: int) -> tuple[int, bytes]:
    """What the decoder says, and all of the flash behind it."""
    sources = [HERE / "nor.c", CRC, *SOURCES, UPDATE / "src" / "patch.c"]
    c = load("update_patch", sources, includes=INCLUDES, flags=LIMITS, structures={"update_source": Source})
    flash = (ctypes.c_uint8 * FLASH).in_dll(c, "nor_bytes")
    ctypes.memset(flash, 0xFF, FLASH)
    source = Source(base, payload, len(base), len(payload), size)
    return c.update_make_patch(ctypes.byref(source), 0), bytes(flash)


PIECES = st.lists(st.sampled_from([b"thimble", b"push {r4, lr}", bytes(60), bytes(range(200)), b"x"]), max_size=40)


@given(PIECES, PIECES, PIECES)
@settings(max_examples=60, deadline=None)
def test_what_detools_makes_comes_out_of_the_decoder(first, second, third):
    base, program = b"".join([b"!", *first, *second]), b"".join([*second, b"?", *first, *third])
    result, flash = made(base, patch(base, program), len(program))
    assert (result, flash[: len(program)]) == (OK, program)
    assert flash[-(-len(program) // 8) * 8 :].strip(b"\xff") == b""


@given(st.binary(max_size=300), st.integers(1, 4000))
@settings(max_examples=200, deadline=None)
def test_what_strangers_send_writes_nothing_outside_of_the_image(payload, size):
    _, flash = made(bytes(range(256)) * 4, b"\x04" + payload, size)
    assert flash[-(-size // 8) * 8 :].strip(b"\xff") == b""


def test_a_patch_that_ends_early_or_is_for_another_size_makes_nothing():
    base, program = bytes(range(256)) * 8, bytes(range(250)) * 8
    whole = patch(base, program)
    assert {made(base, whole[:end], len(program))[0] for end in range(len(whole) - 8)} == {ERR_CHANGES}
    assert made(base, whole, len(program) + 1)[0] == made(base[:100], whole, len(program))[0] == ERR_CHANGES


def test_a_cut_at_any_operation_leaves_a_firmware_that_starts(tmp_path):
    done = firmware_cuts.cuts(tmp_path, 0)
    assert done.returncode == 0, done.stdout + done.stderr
    operations, tried = map(int, re.findall(r"\d+", done.stdout))
    assert tried == 3 * operations > 80


def test_changed_patches_manifests_and_images_are_never_started(tmp_path):
    done = firmware_fuzz.run(tmp_path, 3000)
    assert done.returncode == 0, done.stdout + done.stderr


SABOTAGE = {
    "the digest is not compared": ("if (memcmp(digest, u->state.digest[slot], UPDATE_DIGEST) != 0)", "if (0)"),
    "a damaged image is started": ("(update_is_whole(u) && is_right(image, *size))", "is_right(image, *size)"),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_the_changes_find_a_library_that_is_wrong(tmp_path, what):
    assert firmware_fuzz.run(tmp_path, 3000, sabotage=SABOTAGE[what]).returncode != 0


@pytest.mark.parametrize("content", [b"", b"\x7fELF", bytes(5000)])
def test_what_is_no_firmware_is_a_line(tmp_path, content):
    path = tmp_path / "firmware.elf"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"expected the firmware\.elf of a build"):
        read_program(path)


def test_a_patch_needs_a_base_and_a_signature(tmp_path):
    done = command.run("-m", "ml", "pack", tmp_path / "firmware.elf", "--firmware", status=1)
    assert "expected --sign, --counter and --base" in done.stderr
