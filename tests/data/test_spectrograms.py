"""Zips of log-mel images: read whole, whatever else is in them; a broken or hostile one is one line."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ml.data.spectrograms import BANDS, FRAMES, MAX_CLIP, is_tree, load
from ml.errors import UserError


def jpeg(pixels: np.ndarray, kind: str = "JPEG") -> bytes:
    made = io.BytesIO()
    Image.fromarray(pixels).save(made, kind)
    return made.getvalue()


def grey(level: int) -> bytes:
    return jpeg(np.full((FRAMES, BANDS), level, np.uint8))


def packed(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_each_image_has_its_word_and_its_speaker(tmp_path):
    packed(tmp_path / "yes.zip", {"0a7c2a8d_nohash_0.jpg": grey(100), "1b7c2a8d_nohash_3.jpg": grey(7)})
    packed(tmp_path / "no.zip", {"0a7c2a8d_nohash_1.jpg": grey(200)})
    assert is_tree(tmp_path)
    found = load(tmp_path)
    assert found.pixels.shape == (3, FRAMES, BANDS)
    assert list(zip(found.words, found.speakers, found.pixels[:, 0, 0], strict=True)) == [
        ("no", "0a7c2a8d", 200), ("yes", "0a7c2a8d", 100), ("yes", "1b7c2a8d", 7),
    ]  # fmt: skip
    assert [*found.without({"0a7c2a8d"}).speakers] == ["1b7c2a8d"]
    packed(tmp_path / "no.zip", {"0a7c2a8d_nohash_1.jpg": grey(201)})
    assert load(tmp_path).hash != found.hash


def test_what_is_no_such_image_is_left_out_and_counted(tmp_path):
    members = {
        "0a7c2a8d_nohash_0.jpg": grey(100),
        "1a7c2a8d_nohash_0.jpg": jpeg(np.zeros((400, 400), np.uint8)),  # another size
        "2a7c2a8d_nohash_0.jpg": jpeg(np.zeros((FRAMES, BANDS, 3), np.uint8)),  # coloured
        "3a7c2a8d_nohash_0.jpg": jpeg(np.zeros((FRAMES, BANDS), np.uint8), "PNG"),
        "4a7c2a8d_nohash_0.jpg": grey(1)[:-200],  # cut off
        "5a7c2a8d_nohash_0.jpg": bytes(MAX_CLIP + 1),
        "../../6a7c2a8d_nohash_0.jpg": grey(1),
        "README": b"",
    }
    packed(tmp_path / "yes.zip", members)
    found = load(tmp_path)
    assert [*found.speakers] == ["0a7c2a8d"]
    assert found.left_out == len(members) - 1
    assert sorted(path.name for path in tmp_path.parent.rglob("*.jpg")) == []


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all" * 50])
def test_a_broken_zip_is_one_line(tmp_path, content):
    (tmp_path / "yes.zip").write_bytes(content)
    assert not is_tree(tmp_path)
    with pytest.raises(UserError, match="expected a zip of images") as error:
        load(tmp_path)
    assert "\n" not in str(error.value)


def test_a_folder_without_images_says_so(tmp_path):
    with pytest.raises(UserError, match="expected zips of images"):
        load(tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_give_images_or_a_line(tmp_path, changes):
    whole = bytearray(
        packed(tmp_path / "of.zip", {f"{i}a7c2a8d_nohash_0.jpg": grey(50 * i) for i in range(3)}).read_bytes()
    )
    for at, value in changes:
        whole[at % len(whole)] = value
    (tmp_path / "of.zip").write_bytes(whole)
    try:
        assert load(tmp_path).pixels.shape[1:] == (FRAMES, BANDS)
    except UserError as error:
        assert "\n" not in str(error)
