"""A tree of Speech Commands as published: words, speakers, parts, and noise."""

import numpy as np
import pytest

from ml.data.audio import write_audio
from ml.data.manifest import Wanted, load
from ml.errors import UserError
from ml.pipeline.contract import App

CLIPS = ["yes/0a7c2a8d_nohash_0", "yes/1b2c3d4e_nohash_0", "no/0a7c2a8d_nohash_1", "no/99887766_nohash_0"]
MIC = Wanted("mic", 16000)


@pytest.fixture
def tree(tmp_path):
    rng = np.random.default_rng(0)
    for name in [*CLIPS, "_background_noise_/doing_the_dishes"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_audio(tmp_path / f"{name}.wav", rng.integers(-99, 99, 16000).astype(np.int16), 16000)
    (tmp_path / "testing_list.txt").write_text("no/99887766_nohash_0.wav\n")
    (tmp_path / "validation_list.txt").write_text("yes/1b2c3d4e_nohash_0.wav\n")
    (tmp_path / "LICENSE").write_text("CC BY 4.0")
    (tmp_path / "README.md").write_text("")
    return tmp_path


def test_a_folder_is_a_word_and_the_name_tells_the_speaker(tree):
    made = load(tree, MIC)
    assert made.labels == ["_background_noise_", "no", "yes"]
    assert made.subjects == ["0a7c2a8d", "1b2c3d4e", "99887766", "doing_the_dishes"]
    assert len(made.items) == 5
    assert {item.licence for item in made.items} == {"CC-BY-4.0"}


def test_the_published_split_is_kept_unless_somebody_is_held_out(tree):
    made = App.split(None, load(tree, MIC), ())
    assert (made.train, made.validation, made.test) == (("0a7c2a8d", "doing_the_dishes"), ("1b2c3d4e",), ("99887766",))
    assert App.split(None, load(tree, MIC), ("0a7c2a8d",)).test == ("0a7c2a8d",)


def test_only_the_rows_that_are_wanted_are_read(tree):
    (tree / "yes/0a7c2a8d_nohash_0.wav").write_bytes(b"damaged")
    made = load(tree, Wanted("mic", 16000, rows=lambda rows: [row for row in rows if row.label == "no"]))
    assert (made.labels, made.left_out) == (["no"], ())


def test_a_damaged_clip_is_left_out_with_the_reason(tree):
    (tree / "yes/0a7c2a8d_nohash_0.wav").write_bytes(b"damaged")
    made = load(tree, MIC)
    assert len(made.items) == 4
    assert [one.file for one in made.left_out] == ["yes/0a7c2a8d_nohash_0.wav"]
    assert "expected a WAV or FLAC file" in made.left_out[0].reason


def test_a_speaker_in_two_parts_is_refused(tree):
    (tree / "testing_list.txt").write_text("no/0a7c2a8d_nohash_1.wav\n")
    with pytest.raises(UserError, match="one part only"):
        App.split(None, load(tree, MIC), ())


def test_a_link_out_of_the_tree_is_refused(tree, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "a.wav"
    outside.write_bytes((tree / f"{CLIPS[0]}.wav").read_bytes())
    (tree / "yes/abcdef12_nohash_0.wav").symlink_to(outside)
    with pytest.raises(UserError, match="inside its folder"):
        load(tree, MIC)
