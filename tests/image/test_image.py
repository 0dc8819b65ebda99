"""An image gives the bytes of the header that it was packed from, and a firmware refuses what it cannot run."""

import ctypes
import re
import zlib

import numpy as np
import pytest
from click.testing import CliRunner

from ml.commands.pack import committed_header, pack_
from ml.compiler.compile import prepare
from ml.compiler.header import Identity, header
from ml.compiler.host import HostModel
from ml.errors import UserError
from ml.image import host, pack, registry
from ml.image.host import HostImage, aligned, firmware_library
from ml.image.pack import HEAD
from ml.paths import ROOT
from tests.compiler.test_damaged_families import MODELS as FAMILIES
from tests.compiler.test_header import SINKS
from tests.image import fuzz

APPS = sorted(path.parent.name.removesuffix("_model") for path in (ROOT / "lib").glob("*_model/*_model.h"))
CRC = 12  # where the checksum is


@pytest.fixture(scope="module")
def gesture() -> bytes:
    return pack(committed_header("gesture_recognition"), host=True).data


def mended(image: bytes | bytearray) -> bytes:
    """The image with the checksum of its bytes."""
    return bytes(image[:CRC]) + zlib.crc32(image[CRC + 4 :]).to_bytes(4, "little") + bytes(image[CRC + 4 :])


def refusal(image: bytes, room: int | None = None) -> str:
    """Why the firmware of this computer refuses it; "" when it takes it."""
    library = firmware_library()
    taken = library.host_open(aligned(image), len(image) if room is None else room)
    return "" if taken else host.refusal(library)


@pytest.mark.parametrize("app", APPS)
def test_every_layer_of_an_image_gives_the_bytes_of_the_compiled_header(app):
    source = committed_header(app)
    compiled, image = HostModel(source), HostImage(pack(source, host=True).data)
    assert image.check()
    chance = np.random.default_rng(0)
    for _ in range(4):  # one after the other, so that state counts too
        given = chance.integers(-128, 128, compiled.model.input_size).astype(np.int8)
        assert image.layers(given) == compiled.layers(given)


@pytest.mark.parametrize("app", APPS)
def test_an_image_states_what_the_header_states(app):
    source = committed_header(app)
    compiled, image = HostModel(source).model, HostImage(pack(source, host=True).data).model
    for field in ("name", "hash", "data_hash", "input_size", "output_size", "arena_size", "layers", "classes", "check"):
        assert getattr(image, field) == getattr(compiled, field)
    assert [image.label[i] for i in range(image.classes)] == [compiled.label[i] for i in range(compiled.classes)]
    assert bytes(image.input_quantisation) == bytes(compiled.input_quantisation)
    assert bytes(image.output_quantisation) == bytes(compiled.output_quantisation)


def test_a_streaming_image_is_a_stream():
    source = committed_header("keyword_spotting")
    compiled = HostModel(source)
    image = HostImage(pack(source, host=True).data)
    assert image.stream_check()
    for field in ("hop", "warm_up", "head", "check"):
        assert getattr(image.stream, field) == getattr(compiled.stream, field)
    for rows in np.random.default_rng(1).integers(-128, 128, (20, image.step_bytes)).astype(np.int8):
        made, expected = image.push(rows), compiled.push(rows)
        assert (made is None) == (expected is None)
        assert made is None or np.array_equal(made, expected)


@pytest.mark.parametrize("app", APPS)
def test_packing_twice_gives_the_same_file(app):
    source = committed_header(app)
    assert pack(source).data == pack(source).data


def test_settings_are_those_of_the_header(gesture):
    image = HostImage(gesture)
    number = registry.settings()["imu_config"].id
    found = ctypes.string_at(image.library.host_settings(number), 8)
    assert int.from_bytes(found[:4], "little") == 33300  # millihertz
    assert int.from_bytes(found[4:6], "little") == 40  # samples
    assert image.library.host_settings(registry.settings()["logmel_config"].id) is None


def test_a_firmware_refuses_an_image_that_needs_more_and_says_of_what(gesture):
    library = firmware_library()
    firmware = library.host_firmware().contents
    arena = HostModel(committed_header("gesture_recognition")).model.arena_size
    wants = {"arena_size": arena, "params_size": None, "window": 240, "kernels": None}
    for field, needs in wants.items():
        kept = getattr(firmware, field)
        setattr(firmware, field, 1)
        reason = refusal(gesture)
        setattr(firmware, field, kept)
        assert reason and (needs is None or f"needs {needs}, has 1" in reason), field
    assert refusal(gesture, len(gesture) - 1).startswith("the image is longer than its slot")
    assert refusal(gesture) == ""


def test_an_image_for_boards_is_refused_by_this_computer():
    assert "bytes of a pointer: needs 4, has 8" in refusal(pack(committed_header("fall_detection")).data)


def test_a_refused_image_leaves_the_one_that_is_open(gesture):
    image = HostImage(gesture)
    broken = bytearray(gesture)
    broken[-1] ^= 1
    assert refusal(bytes(broken)) == "the image's checksum is wrong"
    assert image.check()


def test_a_kernel_of_another_version_is_refused(gesture):
    at = HEAD.unpack_from(gesture)[10]  # of the kernels
    changed = bytearray(gesture)
    changed[at + 2] += 1
    assert refusal(mended(changed)) == "the firmware has another version of a kernel: needs 2, has 1"
    changed[at : at + 2] = b"\xff\x7f"
    assert "lacks a kernel" in refusal(mended(changed))


def test_every_kernel_of_lib_nn_has_a_row():
    declared = set()
    for path in (ROOT / "lib/nn/include/nn").glob("*.h"):
        if path.name not in ("model.h", "requantise.h"):
            declared |= set(re.findall(r"^(?:void|bool|uint32_t) (nn_\w+)\(", path.read_text(), re.MULTILINE))
    runs = {"nn_push", "nn_feed", "nn_restart", "nn_stream_self_test", "nn_stream_crc"}
    assert declared - runs == set(registry.kernels())


def test_numbers_of_kernels_are_given_once():
    numbers = [kernel.id for kernel in registry.kernels().values()]
    assert len(numbers) == len(set(numbers))


def test_what_is_no_header_is_refused_in_a_line(tmp_path):
    (tmp_path / "other.h").write_text("int x;\n")
    with pytest.raises(UserError, match="expected a compiled model, found no nn_model"):
        pack(tmp_path / "other.h")
    with pytest.raises(UserError, match="expected a generated header"):
        pack(tmp_path / "none.h")


@pytest.mark.parametrize("app", ["gesture_recognition", "keyword_spotting"])
def test_changed_images_are_judged_without_a_finding_of_a_sanitizer(tmp_path, mutations, app):
    done = fuzz.run(mutations, app, 300, 1, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "of 300 taken" in done.stdout


@pytest.fixture(scope="module")
def mutations(tmp_path_factory):
    return fuzz.program(tmp_path_factory.mktemp("mutations"))


@pytest.mark.parametrize("sink", [*SINKS, *FAMILIES])
def test_every_kernel_is_called_as_the_header_calls_it(tmp_path, sink):
    path = tmp_path / "net_model.h"
    path.write_text(
        header(prepare(SINKS[sink]() if sink in SINKS else FAMILIES[sink], "net"), Identity("net", "0" * 16), 0)
    )
    compiled, image = HostModel(path), HostImage(pack(path, host=True).data)
    for seed in range(3):
        given = np.random.default_rng(seed).integers(-128, 128, compiled.model.input_size).astype(np.int8)
        assert image.layers(given) == compiled.layers(given)


def test_pack_writes_an_image_of_a_model_file_too(tmp_path):
    (tmp_path / "net.tflite").write_bytes(SINKS["small"]())
    made = CliRunner().invoke(pack_, [str(tmp_path / "net.tflite"), "--host", "--out", str(tmp_path / "net.tmb")])
    assert made.exit_code == 0, made.output
    assert HostImage((tmp_path / "net.tmb").read_bytes()).check()


def test_pack_names_what_can_be_packed():
    made = CliRunner().invoke(pack_, ["nothing"])
    assert isinstance(made.exception, UserError)
    assert "gesture_recognition" in str(made.exception)
